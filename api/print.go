package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/freightledger/freightledger/domain"
	"github.com/freightledger/freightledger/projections/documents"
)

// file is an answer that is not the API's own JSON.
type file struct {
	mediaType string
	name      string // under which it may be saved; "" when it has none
	policy    string // of what a page of it may do; "" for the API's own: nothing
	content   []byte
}

// tell sets the headers that only files have.
func (f file) tell(h http.Header) {
	if f.name != "" {
		h.Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": f.name}))
	}
	if f.policy != "" {
		h.Set("Content-Security-Policy", f.policy)
	}
}

// pagePolicy lets a printed page have its own style, and nothing else: no
// script, no form, nothing from elsewhere.
const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

// negotiated are the formats that Accept chooses from, by preference. UBL that
// does not conform to EN 16931 has the same media type as what does, so it is
// had by its name only.
func negotiated() []documents.Format {
	return []documents.Format{documents.PDF, documents.HTML, documents.XML}
}

// maxLacks bounds, in bytes, what is told of a document that lacks something.
const maxLacks = 4000

// document prints in the format that the caller accepts.
func (s *server) document(r *request) (answer, error) {
	r.w.Header().Set("Vary", "Accept")
	var types []string
	for _, f := range negotiated() {
		types = append(types, mediaTypeOf(f))
	}
	chosen, ok := accepted(strings.Join(r.Header.Values("Accept"), ","), types)
	if !ok {
		return answer{}, problem(http.StatusNotAcceptable, "not-acceptable", "this is written as "+strings.Join(types, ", ")+"; or name the format: document.pdf").at("header Accept")
	}
	return s.print(r, negotiated()[chosen])
}

// documentAs prints in the format that the path names.
func (s *server) documentAs(r *request) (answer, error) {
	format, err := documents.ParseFormat(r.id("format"))
	if err != nil {
		return answer{}, problem(http.StatusNotFound, string(domain.NotFound), err.Error())
	}
	return s.print(r, format)
}

func (s *server) print(r *request, format documents.Format) (answer, error) {
	if s.Print == nil {
		return answer{}, problem(http.StatusConflict, "not-ready", "this server prints nothing")
	}
	number := r.id("id")
	if number == "" {
		return answer{}, noSuch("invoice", number)
	}
	paper := documents.Paper(r.query.Get("paper"))
	if paper != "" && paper != documents.A4 && paper != documents.Letter {
		return answer{}, badQuery("paper", fmt.Sprintf("want %s or %s", documents.A4, documents.Letter))
	}
	content, err := s.Print(r.Context(), number, format, paper)
	if lacking := new(documents.FieldError); errors.As(err, &lacking) {
		return answer{}, problem(http.StatusConflict, "not-printable", oneLine(strings.ReplaceAll(err.Error(), "\n", "; "), maxLacks)+
			": parties are told by the file of serve --parties; what EN 16931 does not admit prints as ubl")
	}
	f := file{mediaType: format.MediaType(), name: strings.NewReplacer("/", "_", `\\`, "_").Replace(number) + format.Extension(), content: content}
	if format == documents.HTML {
		f.policy = pagePolicy
	}
	return answer{body: f}, err
}

func mediaTypeOf(f documents.Format) string {
	bare, _, _ := strings.Cut(f.MediaType(), ";")
	return bare
}

// accepted chooses one of the offered media types by an Accept header (RFC
// 9110, 12.5.1): the first of those that the caller likes best. Without a
// header the first one is chosen; ranges that cannot be read count for nothing.
func accepted(header string, offers []string) (int, bool) {
	if strings.TrimSpace(header) == "" {
		return 0, true
	}
	best, liked := 0, 0.0
	for i, offer := range offers {
		if q := quality(header, offer); q > liked {
			best, liked = i, q
		}
	}
	return best, liked > 0
}

// quality is how much an Accept header likes a media type, 0 to 1: what the
// most specific range that covers it says.
func quality(header, offer string) float64 {
	family, _, _ := strings.Cut(offer, "/")
	specific, liked := 0, 0.0
	for part := range strings.SplitSeq(header, ",") {
		mediaRange, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		how := 0
		switch mediaRange {
		case offer:
			how = 3
		case family + "/*":
			how = 2
		case "*/*":
			how = 1
		}
		q := 1.0
		if text, given := params["q"]; given {
			if q, err = strconv.ParseFloat(text, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		if how > specific {
			specific, liked = how, q
		}
	}
	return liked
}
