package text

func init() {
	add(map[string]string{
		"搜索服务暂时没有响应，请稍后再试。": "The search does not answer at the moment. Please try again later.",
	})
}
