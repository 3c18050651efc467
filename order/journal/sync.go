package journal

// Sync returns when all operations that were appended before are on the disk, or why they are not.
func (j *Journal) Sync() error {
	j.io.Lock()
	defer j.io.Unlock()
	j.claim()
	defer j.release()
	return j.flush()
}
