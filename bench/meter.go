package main

// meter holds the values of the counters at the start of a slice.
type meter struct {
	pid    int
	server usage
	loader int64
	busy   int64
}

func startMeter(pid int) (m meter, err error) {
	m.pid = pid
	if m.busy, err = busyTicks(); err != nil {
		return m, err
	}
	if m.loader, err = ownUsage(); err != nil {
		return m, err
	}
	m.server, err = usageOf(pid)
	return m, err
}

// stop reads the counters again, the server's first, and stores the differences in a slice.
func (m meter) stop(s *slice) error {
	server, err := usageOf(m.pid)
	if err != nil {
		return err
	}
	loader, err := ownUsage()
	if err != nil {
		return err
	}
	busy, err := busyTicks()
	if err != nil {
		return err
	}
	const tick = 1e9 / ticksPerSecond
	s.server = server.minus(m.server)
	s.loader = loader - m.loader
	s.others = max((busy-m.busy)*tick-s.server.nanoseconds-s.loader, 0)
	return nil
}
