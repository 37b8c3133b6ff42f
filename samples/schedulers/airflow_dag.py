"""One task per business date, in order, one at a time."""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.timetables.interval import CronDataIntervalTimetable

ZONE = "America/New_York"  # that of amends.yaml

with DAG(
    dag_id="amends",
    # The interval that begins on a date is settled when it has ended: say so,
    # since the meaning of a bare cron expression differs between versions.
    schedule=CronDataIntervalTimetable("30 2 * * *", timezone=ZONE),
    start_date=pendulum.datetime(2026, 1, 15, tz=ZONE),
    catchup=True,  # missed nights, in order
    max_active_runs=1,
    default_args={"depends_on_past": True, "retries": 12, "retry_delay": timedelta(minutes=30)},
):
    BashOperator(
        task_id="night",
        # The date in the workspace's zone, not in UTC.
        bash_command=(
            "/usr/local/bin/amends -C /srv/credits run --log json --date "
            "{{ data_interval_start.in_timezone('America/New_York').to_date_string() }}"
        ),
        # 5: settled, and a guardrail held every award. It must not be retried; notify tells people.
        skip_on_exit_code=[5],
    )
