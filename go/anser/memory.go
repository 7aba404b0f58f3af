// SPDX-License-Identifier: BSD-2-Clause

package anser

import (
	"unsafe"

	"anser/abi"
)

// Pages of a pages object, or of a device, mapped into this process. It is not memory of Go's: nothing
// is in it after Unmap, and no pointer of Go's belongs there.
type Mapping []byte

// Map maps `length` bytes of a pages object from `offset` on (both multiples of the page size), with
// rights abi.Prot*. The handle stays the caller's.
func (h Handle) Map(offset, length uint64, prot int) (Mapping, error) {
	return h.mapAt(0, offset, length, uintptr(prot))
}

// Replace puts other pages, of at least the same length, where m is; pointers there stay good.
func (m Mapping) Replace(h Handle, prot int) error {
	_, err := h.mapAt(m.address(), 0, uint64(len(m)), uintptr(prot)|abi.MapFixed)
	return err
}

// Unmap ends it.
func (m Mapping) Unmap() error {
	if len(m) == 0 {
		return nil
	}
	_, _, err := native(abi.CallRegionUnmap, 0, m.address(), uintptr(len(m)))
	return err
}

func (m Mapping) address() uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(m)))
}

func (h Handle) mapAt(address uintptr, offset, length uint64, prot uintptr) (Mapping, error) {
	_, value, err := native(abi.CallRegionMap, 0, address, uintptr(length), prot, uintptr(h), uintptr(offset))
	if err != nil {
		return nil, err
	}
	// Not memory of Go's: neither moved nor freed.
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&value))), length), nil
}
