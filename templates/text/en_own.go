package text

func init() {
	add(map[string]string{
		"我的提问、申请和授权": "My questions, applications and grants",
		"我要的数据":      "Data I asked for",
	})
}
