package text

func init() {
	add(map[string]string{
		"图，可横向滚动": "Chart, scrolls sideways",
		"看这张图的表":  "See the table of this chart",
		"%s 月":    "M%s",
		"年份":      "Year",
		"%s（%s）":  "%s (%s)", // what a chart shows, and in which unit
	})
}
