//go:build !unix

package profile

import "time"

func processorTime() time.Duration { return 0 }
