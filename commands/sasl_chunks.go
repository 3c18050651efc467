package commands

import (
	"encoding/base64"
	"errors"
)

const (
	// saslChunkBytes is how much of what is said in Base64 a line holds.
	saslChunkBytes = 400
	// mostSASLBytes bounds what a client may say at once, decoded.
	mostSASLBytes = 16 << 10
	// saslEmpty stands for nothing: an empty response, or the end of one whose last chunk is full.
	saslEmpty = "+"
)

var (
	errChunkTooLong      = errors.New("a chunk is too long")
	errResponseTooLong   = errors.New("a response is too long")
	errResponseNotBase64 = errors.New("a response is not Base64")
)

// saslResponse collects the chunks of what a client says.
type saslResponse struct{ encoded []byte }

// add takes a chunk. whole: it was the last one, and response is what they say together. After an error, too, the next
// chunk begins another response.
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
		return nil, false, errResponseNotBase64 // what it says is a secret
	case len(response) > mostSASLBytes:
		return nil, false, errResponseTooLong
	}
	return response, true, nil
}

// saslChunks are the lines in which something is said.
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
