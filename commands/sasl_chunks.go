package commands

import (
	"encoding/base64"
	"errors"
)

const (
	// saslChunkBytes is how much Base64 a line holds.
	saslChunkBytes = 400
	// mostSASLBytes bounds one decoded response of a client.
	mostSASLBytes = 16 << 10
	// saslEmpty is an empty response, or the end of one whose last chunk is full.
	saslEmpty = "+"
)

var (
	errChunkTooLong      = errors.New("a chunk is too long")
	errResponseTooLong   = errors.New("a response is too long")
	errResponseNotBase64 = errors.New("a response is not Base64")
)

// saslResponse collects the chunks of a client's response.
type saslResponse struct{ encoded []byte }

// add adds a chunk. whole: it was the last one, and response is the complete response. After that, and after an error,
// the next chunk starts a new response.
func (r *saslResponse) add(chunk string) (response []byte, whole bool, err error) {
	switch {
	case len(chunk) > saslChunkBytes:
		r.encoded = nil
		return nil, false, errChunkTooLong
	case len(r.encoded)+len(chunk) > base64.StdEncoding.EncodedLen(mostSASLBytes):
		r.encoded = nil
		return nil, false, errResponseTooLong
	}
	if chunk != saslEmpty {
		r.encoded = append(r.encoded, chunk...)
	}
	if len(chunk) == saslChunkBytes {
		return nil, false, nil
	}
	encoded := r.encoded
	r.encoded = nil
	response, err = base64.StdEncoding.Strict().DecodeString(string(encoded))
	switch {
	case err != nil:
		return nil, false, errResponseNotBase64 // without the cause, which would contain a secret
	case len(response) > mostSASLBytes:
		return nil, false, errResponseTooLong
	}
	return response, true, nil
}

// saslChunks splits a text into encoded chunks, one for each line.
func saslChunks(text []byte) (chunks []string) {
	encoded := base64.StdEncoding.EncodeToString(text)
	for len(encoded) >= saslChunkBytes {
		chunks = append(chunks, encoded[:saslChunkBytes])
		encoded = encoded[saslChunkBytes:]
	}
	if encoded == "" {
		encoded = saslEmpty
	}
	return append(chunks, encoded)
}
