package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/robfig/cron/v3"
)

const schedulers = "../../samples/schedulers"

// amendsCall is a command line of amends in a file that a scheduler reads, up to
// what ends it there: a quote, a comment, or where its output goes.
var amendsCall = regexp.MustCompile(`amends (-C [^"\n>#]*)`)

// jinja is a date that Airflow fills in.
var jinja = regexp.MustCompile(`\{\{.*?\}\}`)

func schedulerFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(schedulers, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// runsCredits holds the arguments of a sample to what samples start.
func runsCredits(t *testing.T, name string, args []string) {
	t.Helper()
	if command, c := mustParse(t, name, args); command != "run" || c.Workspace != "/srv/credits" {
		t.Errorf("%s: amends %s: runs %q in %q", name, strings.Join(args, " "), command, c.Workspace)
	}
}

func TestSchedulersCallTheProgram(t *testing.T) {
	t.Parallel()
	for name, calls := range map[string]int{"amends.service": 1, "crontab": 1, "airflow_dag.py": 1, "README.md": 2} {
		text := schedulerFile(t, name)
		if name == "airflow_dag.py" { // one string on two lines
			text = regexp.MustCompile(`"\n\s*"`).ReplaceAllString(text, "")
			text = jinja.ReplaceAllString(text, "2026-01-15")
		}
		found := amendsCall.FindAllStringSubmatch(text, -1)
		if len(found) != calls {
			t.Errorf("%s: %d calls, want %d: %q", name, len(found), calls, found)
		}
		for _, call := range found {
			runsCredits(t, name, strings.Fields(call[1]))
		}
	}
}

func TestCronJobOfKubernetes(t *testing.T) {
	t.Parallel()
	var job struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Spec       struct {
			Schedule          string
			ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
			JobTemplate       struct {
				Spec struct {
					Template struct {
						Spec struct {
							SecurityContext struct {
								RunAsNonRoot bool `yaml:"runAsNonRoot"`
							} `yaml:"securityContext"`
							Containers []struct {
								Args            []string
								SecurityContext struct {
									ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
								} `yaml:"securityContext"`
								VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
							}
							Volumes []struct{ Name string }
						}
					}
				}
			} `yaml:"jobTemplate"`
		}
	}
	if err := yaml.Unmarshal([]byte(schedulerFile(t, "cronjob.yaml")), &job); err != nil {
		t.Fatal(err)
	}
	pod := job.Spec.JobTemplate.Spec.Template.Spec
	if job.APIVersion != "batch/v1" || job.Kind != "CronJob" || job.Spec.ConcurrencyPolicy != "Forbid" || !pod.SecurityContext.RunAsNonRoot ||
		len(pod.Containers) != 1 || !pod.Containers[0].SecurityContext.ReadOnlyRootFilesystem {
		t.Fatalf("%+v", job)
	}
	runsCredits(t, "cronjob.yaml", pod.Containers[0].Args)
	if _, err := cron.ParseStandard(job.Spec.Schedule); err != nil {
		t.Error(err)
	}
	for _, mount := range pod.Containers[0].VolumeMounts {
		if !slices.ContainsFunc(pod.Volumes, func(v struct{ Name string }) bool { return v.Name == mount.Name }) {
			t.Errorf("the mount %s has no volume", mount.Name)
		}
	}
}

func TestCrontabHasTimes(t *testing.T) {
	t.Parallel()
	lines := 0
	for line := range strings.Lines(schedulerFile(t, "crontab")) {
		fields := strings.Fields(line)
		if len(fields) < 7 || strings.HasPrefix(line, "#") || strings.Contains(fields[0], "=") {
			continue
		}
		lines++
		if _, err := cron.ParseStandard(strings.Join(fields[:5], " ")); err != nil || strings.Contains(line, "%") {
			t.Errorf("%s: %v", line, err)
		}
	}
	if lines != 1 {
		t.Errorf("%d lines start something", lines)
	}
}

// Exit codes that the unit treats as successes, retries or not are those of the
// program.
func TestUnitKnowsTheExitCodes(t *testing.T) {
	t.Parallel()
	unit := schedulerFile(t, "amends.service")
	for _, want := range []string{"\nSuccessExitStatus=5\n", "\nRestartPreventExitStatus=2 3\n", "\nRestart=on-failure\n"} {
		if !strings.Contains(unit, want) {
			t.Errorf("no %q", want)
		}
	}
	if exitHeld != 5 || exitUsage != 2 || exitFindings != 3 {
		t.Error("the program's exit codes changed")
	}
}

func TestUnitsVerify(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not there")
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "amends") // the unit's own need not be installed
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, name := range []string{"amends.service", "amends.timer"} {
		text := strings.ReplaceAll(schedulerFile(t, name), "/usr/local/bin/amends", binary)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	out, err := exec.Command(program, append([]string{"verify", "--man=no"}, paths...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) { // of other units of the machine it may say something too
		if strings.Contains(line, "amends.") {
			t.Errorf("%s", line)
		}
	}
	if err != nil && strings.Contains(string(out), "amends.") {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}

func TestAirflowSampleIsPython(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not there")
	}
	out, err := exec.Command(program, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", filepath.Join(schedulers, "airflow_dag.py")).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
