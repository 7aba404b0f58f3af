# SPDX-License-Identifier: BSD-2-Clause
# The Promela models alone; `make test` checks them as well. What SPIN writes lies in build/models/.
.PHONY: models
models:
	$(Q)tools/setup
	$(Q)$(PYTHON) -m pytest -q -n 2 -p no:cacheprovider tests/test_models.py
