package rates

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// unpacked is the CSV in a zip, as which the European Central Bank offers its
// files; anything else stays as it is.
func unpacked(content []byte) (text []byte, packed bool, err error) {
	if len(content) > MaxBytes || !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return content, false, nil
	}
	fault := func(err error) error { return &Fault{Reason: fmt.Sprintf("the zip cannot be read: %v", err)} }
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, true, fault(err)
	}
	if len(archive.File) != 1 || !strings.HasSuffix(strings.ToLower(archive.File[0].Name), ".csv") {
		return nil, true, &Fault{Reason: fmt.Sprintf("the zip has %d files: want one, a CSV", len(archive.File))}
	}
	f, err := archive.File[0].Open()
	if err != nil {
		return nil, true, fault(err)
	}
	defer f.Close()
	text, err = io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return nil, true, fault(err)
	}
	return text, true, nil
}
