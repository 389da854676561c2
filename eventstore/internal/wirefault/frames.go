package wirefault

// The shape of HTTP/2, RFC 9113: a connection preface of the client, then
// frames that begin with nine bytes of which three are the length of what
// follows and one is the type.
const (
	prefaceBytes     = 24
	frameHeaderBytes = 9
	frameHeaders     = 0x1
)

// frames finds the HEADERS frames in one direction of an HTTP/2 connection.
// From the client each begins a call; from the server each begins or ends an
// answer.
type frames struct {
	skip   int // bytes until the next frame's header
	header [frameHeaderBytes]byte
	have   int // bytes of header that were seen
}

// headers gives the place in chunk of each HEADERS frame whose header is
// complete in it; zero when that header began in an earlier chunk.
func (f *frames) headers(chunk []byte) []int {
	var found []int
	for at := 0; at < len(chunk); {
		if f.skip > 0 {
			n := min(f.skip, len(chunk)-at)
			f.skip -= n
			at += n
			continue
		}
		begin := max(0, at-f.have)
		n := copy(f.header[f.have:], chunk[at:])
		f.have += n
		at += n
		if f.have < frameHeaderBytes {
			break
		}
		f.have = 0
		f.skip = int(f.header[0])<<16 | int(f.header[1])<<8 | int(f.header[2])
		if f.header[3] == frameHeaders {
			found = append(found, begin)
		}
	}
	return found
}
