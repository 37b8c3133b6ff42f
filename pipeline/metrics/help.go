package metrics

// help is what each metric says; README.md has the same words.
var help = map[string]string{
	"amends_up":                                           "Whether the workspace and its state could be read.",
	"amends_last_run_failed":                              "Whether the last run that this process knows of failed.",
	"amends_last_run_duration_seconds":                    "How long that run took.",
	"amends_last_run_completion_timestamp_seconds":        "When that run ended.",
	"amends_last_success_completion_timestamp_seconds":    "When the last run that this process knows of ended well, also where nothing was to do.",
	"amends_last_success_business_date_timestamp_seconds": "The instant that ended the last settled business date.",
	"amends_nights":                                       "How many nights are settled.",
	"amends_missed_dates":                                 "Business dates that have ended and are not settled, at most 400.",
	"amends_open_credits":                                 "Credits with value left.",
	"amends_outstanding_liability":                        "What customers can still use.",
	"amends_requests_waiting":                             "Requests of people that the next night reads.",
	"amends_holds_waiting":                                "Awards that wait for a person.",
	"amends_holds_waiting_amount":                         "The sum of the awards that wait.",
	"amends_holds_oldest_age_seconds":                     "How long the oldest award waits, in whole days by business date.",
	"amends_night_rows":                                   "Event rows by what became of them.",
	"amends_night_rejected_rows":                          "Rejected rows by reason; sources of redemptions and other credits have theirs too.",
	"amends_night_credits":                                "Credits that were issued, held (new holds) or forfeited.",
	"amends_night_amount":                                 "Their sums.",
	"amends_night_guardrails_breached":                    "How many guardrails were breached, each of which held a currency's new awards.",
}
