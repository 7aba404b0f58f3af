# A script of the boot archive: sh /share/demo.sh [NAME]
name=${1:-nobody}
greet() {
    echo "$1, $name"
}
for word in hello good-bye; do
    greet "$word" | run cat
done
if ! nothing-of-this-name 2>/dev/null; then
    echo "status $?"
fi
exit 3
