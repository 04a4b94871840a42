package catalogue

// Term is a name that a text gives to something an entry must say, with the
// fields that say it and the provisions that ask for it: the law matrix 1.7.
type Term struct {
	Name string   // verbatim
	Keys []string // of Fields
	Cite []string // ids of provisions, whose words are the help
}

// Terms is every verbatim name. 更新频率 (how often) and 更新时限 (by when) are
// different words and stay two fields; so do the types of sharing and opening.
var Terms = []Term{
	{"分类", []string{"category"}, []string{"TJ-10.3a", "AB-15.2"}},
	{"数据形式", []string{"data_form"}, []string{"AS-10.1"}},
	{"格式", []string{"format"}, []string{"TJ-10.3a", "AB-15.2", "RF-7.2"}},
	{"属性", []string{"attributes"}, []string{"TJ-10.3a", "AB-15.2"}},
	{"业务属性", []string{"attributes"}, []string{"FJ-2.4a"}},
	{"来源属性", []string{"source_kind"}, []string{"FJ-2.4a"}},
	{"共享内容", []string{"share_content"}, []string{"AS-10.1"}},
	{"内容", []string{"share_content"}, []string{"RF-7.2"}},
	{"共享类型", []string{"share_type"}, []string{"AS-10.1", "AB-15.2"}},
	{"共享属性", []string{"share_type"}, []string{"FJ-2.4a"}},
	{"共享条件", []string{"share_conditions"}, []string{"AS-10.1"}},
	{"共享范围", []string{"share_scope"}, []string{"AS-10.1"}},
	{"共享方式", []string{"share_method"}, []string{"AB-15.2", "RF-7.2"}},
	{"共享和开放类型", []string{"share_type", "open_type"}, []string{"TJ-10.3a"}},
	{"共享和开放方式", []string{"share_method", "open_method"}, []string{"TJ-10.3a"}},
	{"开放属性", []string{"open_type"}, []string{"AS-10.1", "AB-31.1", "FJ-2.4a"}},
	{"使用要求", []string{"use_requirements"}, []string{"AS-10.3", "TJ-10.3a", "AB-15.2"}},
	{"更新频率", []string{"update_frequency"}, []string{"AS-10.1", "RF-9.1"}},
	{"更新周期", []string{"update_due"}, []string{"AS-10.3"}},
	{"更新时限", []string{"update_due"}, []string{"TJ-10.3a", "AB-15.2", "RF-9.1"}},
	{"更新方式", []string{"update_method"}, []string{"RF-9.1"}},
	{"采集时限", []string{"collect_due"}, []string{"RF-7.2"}},
	{"采集部门", []string{"collecting_org"}, []string{"AS-10.1"}},
	{"核准部门", []string{"approving_org"}, []string{"AS-10.1"}},
	{"提供部门", []string{"department"}, []string{"AS-10.1"}},
	{"责任主体", []string{"responsible_org"}, []string{"AB-15.2"}},
	{"管理职责", []string{"duties"}, []string{"AS-10.3"}},
	{"数据来源", []string{"source"}, []string{"AS-10.3", "FJ-2.2a"}},
	{"元数据", []string{"items"}, []string{"AS-10.3"}},
	{"安全级别", []string{"security_level"}, []string{"AS-10.3"}},
	{"目录关联信息系统", []string{"linked_system"}, []string{"FJ-2.2b"}},
}
