package verify_test

import (
	"encoding/binary"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// metadata is a Parquet file with other metadata of the file.
func metadata(t *testing.T, b []byte, change func([][2]string) [][2]string) []byte {
	t.Helper()
	return footed(t, b, func(meta *format.FileMetaData) {
		var kv [][2]string
		for _, one := range meta.KeyValueMetadata {
			kv = append(kv, [2]string{one.Key, one.Value})
		}
		meta.KeyValueMetadata = nil
		for _, one := range change(kv) {
			meta.KeyValueMetadata = append(meta.KeyValueMetadata, format.KeyValue{Key: one[0], Value: one[1]})
		}
	})
}

func footed(t *testing.T, b []byte, change func(*format.FileMetaData)) []byte {
	t.Helper()
	n := int(binary.LittleEndian.Uint32(b[len(b)-8:]))
	at := len(b) - 8 - n
	var meta format.FileMetaData
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b[at:at+n], &meta); err != nil {
		t.Fatal(err)
	}
	change(&meta)
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), &meta)
	if err != nil {
		t.Fatal(err)
	}
	out := append(b[:at:at], footer...)
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(footer))), "PAR1"...)
}

// set gives one key another value, or none.
func set(key, value string) func([][2]string) [][2]string {
	return func(kv [][2]string) (out [][2]string) {
		for _, one := range kv {
			if one[0] == key {
				one[1] = value
			}
			if one[0] != key || value != "" {
				out = append(out, one)
			}
		}
		return out
	}
}
