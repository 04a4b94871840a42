package text

func init() {
	add(map[string]string{
		"暂定": "preliminary",
		"暂定：%s 年的工作日历还没有公布，按周一至周五暂算；公布后重算，在此之前不标逾期。": "Preliminary: the working-day calendar of %s has not been announced; Mondays to Fridays were counted. The day is counted anew once it is, and nothing is marked overdue before.",
	})
}
