package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"amends/pipeline"
)

func TestWhatAScheduleAsks(t *testing.T) {
	t.Parallel()
	s := newShop(t, t.TempDir(), paradeCustomers()...)
	first, last := s.parade()
	r := pipeline.NewReader(pipeline.Config{Dir: s.dir})
	asked := func(want string) {
		t.Helper()
		date, ok, err := r.LastSettled()
		mustDo(t, err)
		if got := date.String(); ok != (want != "") || ok && got != want {
			t.Errorf("last settled %s %v, want %q", got, ok, want)
		}
	}
	asked("")
	mustDo(t, r.FilesReady(context.Background(), first))
	_, err := s.run(nil, first, first)
	mustDo(t, err)
	asked(first.String())
	mustDo(t, r.FilesReady(context.Background(), first.AddDays(1)))

	// The night's own answer is the same one.
	var missing, inRun *pipeline.MissingFilesError
	if err := r.FilesReady(context.Background(), last.AddDays(30)); !errors.As(err, &missing) || !strings.Contains(missing.Missing()[0], `source "deliveries": no file for `) {
		t.Errorf("err %v", err)
	}
	mustDo(t, os.RemoveAll(filepath.Join(s.dir, "data", "deliveries", "dt="+first.AddDays(1).String())))
	err = r.FilesReady(context.Background(), first.AddDays(1))
	if _, runErr := s.run(nil, first.AddDays(1), first.AddDays(1)); !errors.As(err, &missing) || !errors.As(runErr, &inRun) || err.Error() != runErr.Error() {
		t.Errorf("asked %v, run %v", err, runErr)
	}

	// amends.yaml is read as it is now, and the rules are not.
	s.writeFile("rules/shop.yaml", []byte("rules: ["))
	asked(first.String())
	if err := r.FilesReady(context.Background(), first.AddDays(1)); err == nil || errors.As(err, new(*pipeline.MissingFilesError)) {
		t.Errorf("bad rules: %v", err)
	}
	if schedule, zone, err := r.Timetable(); err != nil || schedule != nil || zone.String() != shopZone {
		t.Errorf("%v %v %v", schedule, zone, err)
	}
	s.writeFile("amends.yaml", []byte(strings.Replace(shopWorkspace, "America/New_York", "Europe/Berlin", 1)+"schedule: {cron: \"5 1 * * *\", wait_for_files: 2h}\n"))
	schedule, zone, err := r.Timetable()
	if err != nil || schedule == nil || schedule.Cron != "5 1 * * *" || schedule.WaitForFiles != 2*time.Hour || zone.String() != "Europe/Berlin" {
		t.Errorf("%+v %v %v", schedule, zone, err)
	}
	s.writeFile("amends.yaml", []byte("timezone: ["))
	if _, _, err := r.Timetable(); err == nil {
		t.Error("a broken amends.yaml has a schedule")
	}
	if _, _, err := r.LastSettled(); err == nil {
		t.Error("a broken amends.yaml has a state")
	}
}
