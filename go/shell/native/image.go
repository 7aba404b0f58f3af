// SPDX-License-Identifier: BSD-2-Clause

package native

import (
	"encoding/binary"
	"errors"
	"strings"
	"syscall"

	"anser/abi"
	"anser/anser"
	"anser/shell/machine"
)

// A program that is named by its path is opened at the file server, and started from the very pages
// that hold it there: include/anser/ninep.h has the messages, 9P2000.L with Tpages.

const (
	fileServer = "files"
	pageSize   = 4096

	ninepMessageMax = 4096
	ninepHeader     = 7 // size[4] type[1] tag[2]
	ninepNames      = 16
	ninepNoFid      = 0xffffffff
	rootFid         = 0
	fileFid         = 1

	ninepError   = 7
	ninepVersion = 100
	ninepAttach  = 104
	ninepWalk    = 110
	ninepPages   = 200
)

// image is where a program's file lies in a pages object.
type image struct {
	pages        anser.Handle
	offset, size uint64
}

// ninepFields encodes what follows a message's header: 16, 32 and 64 bits, and strings.
func ninepFields(values ...any) []byte {
	var fields []byte
	for _, value := range values {
		switch value := value.(type) {
		case uint16:
			fields = binary.LittleEndian.AppendUint16(fields, value)
		case uint32:
			fields = binary.LittleEndian.AppendUint32(fields, value)
		case string:
			fields = binary.LittleEndian.AppendUint16(fields, uint16(len(value)))
			fields = append(fields, value...)
		}
	}
	return fields
}

// ask sends a request and returns what follows the header of its answer.
func ask(files anser.Handle, kind byte, fields []byte) (anser.In, []byte, error) {
	request := binary.LittleEndian.AppendUint32(nil, uint32(ninepHeader+len(fields)))
	request = append(append(request, kind, 0, 0), fields...)
	if len(request) > ninepMessageMax {
		return anser.In{}, nil, syscall.ENAMETOOLONG
	}
	in, err := files.Call(anser.Never, request, make([]byte, ninepMessageMax))
	if err != nil {
		return in, nil, err
	}
	switch {
	case len(in.Data) >= ninepHeader+4 && in.Data[4] == ninepError:
		err = syscall.Errno(binary.LittleEndian.Uint32(in.Data[ninepHeader:]))
	case len(in.Data) < ninepHeader || in.Data[4] != kind+1:
		err = syscall.EIO
	}
	if err != nil {
		in.Close()
		return in, nil, err
	}
	return in, in.Data[ninepHeader:], nil
}

// walk attaches and goes down the path, to fileFid.
func walk(files anser.Handle, path string) error {
	names := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(names) > ninepNames {
		return syscall.ENAMETOOLONG
	}
	way := ninepFields(uint32(rootFid), uint32(fileFid), uint16(len(names)))
	for _, name := range names {
		way = append(way, ninepFields(name)...)
	}
	for _, step := range []struct {
		kind   byte
		fields []byte
	}{
		{ninepVersion, ninepFields(uint32(ninepMessageMax), "9P2000.L")},
		{ninepAttach, ninepFields(uint32(rootFid), uint32(ninepNoFid), "", "", uint32(0))},
	} {
		in, _, err := ask(files, step.kind, step.fields)
		if err != nil {
			return err
		}
		in.Close()
	}
	in, walked, err := ask(files, ninepWalk, way)
	if err != nil {
		return err
	}
	in.Close()
	if len(walked) < 2 || int(binary.LittleEndian.Uint16(walked)) != len(names) {
		return syscall.ENOENT
	}
	return nil
}

// openImageOnce asks on a handle of its own: its fids go with it, and are nobody else's.
func openImageOnce(path string) (image, error) {
	files, err := anser.Lookup(fileServer)
	if err != nil {
		return image{}, err
	}
	defer files.Close()
	if err := walk(files, path); err != nil {
		return image{}, err
	}
	in, place, err := ask(files, ninepPages, ninepFields(uint32(fileFid)))
	if err != nil {
		return image{}, err
	}
	if len(place) < 16 || len(in.Handles) != 1 {
		in.Close()
		return image{}, syscall.EIO
	}
	return image{in.Handles[0], binary.LittleEndian.Uint64(place), binary.LittleEndian.Uint64(place[8:])}, nil
}

// openImage finds the file of an absolute path; a restart of the file server does not show. The pages
// are the caller's. machine.ErrNotFound: no such file.
func openImage(path string) (image, error) {
	const tries = 8
	var found image
	err := error(syscall.EPIPE)
	for i := 0; i < tries && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ESTALE)); i++ {
		found, err = openImageOnce(path)
	}
	switch {
	case errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR):
		return found, machine.ErrNotFound
	case errors.Is(err, syscall.EISDIR):
		return found, errors.New("is a directory")
	case err != nil:
		return found, say(err)
	case found.offset%pageSize != 0: // the archive puts whatever can run on a page
		found.pages.Close()
		return found, errors.New("is not a program")
	}
	return found, nil
}

// giveImage opens a program that is named by its path, deposits its pages, and completes the request.
func (m *Machine) giveImage(path string, header *abi.InitStartMessage) error {
	found, err := openImage(path)
	if err != nil {
		return err
	}
	header.Flags |= abi.InitStartImage
	header.ImageOffset, header.ImageSize = found.offset, found.size
	if err := m.deposit("image", found.pages); err != nil {
		return say(err)
	}
	return nil
}
