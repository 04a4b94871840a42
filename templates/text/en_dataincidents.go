package text

// Incidents with data.
func init() {
	add(map[string]string{
		"受影响的人 %d 个，部门 %d 个；没有告知的共 %d 个。": "Affected: %d people, %d departments; not told yet: %d.",
		"继续": "Go on", "级别": "Level",
		"安全事件": "Incidents",
		"数据泄露、篡改、丢失等：控制、留存记录、告知受影响的人和部门、向主管部门报告、办结。公众看不到这一页。": "Leaks, tampering, loss of data: contain, keep records, tell the people and departments affected, report to authorities, close. The public does not see this page.",
		"立安全事件": "Open an incident", "没有这样的安全事件。": "There are no such incidents.", "安全事件，可横向滚动": "Incidents, scrolls sideways", "数据集的网址名": "Name of the dataset in its address", "出了什么事（一句话）": "What happened (one line)",
		"受影响的版本": "Affected versions", "经过和影响": "What happened, and to what effect", "只有数据部门、主管部门和监管机构看得到。": "Only the department of the data, the authority and the regulator see it.",
		"什么时候送出的（不填就是现在）": "When it was sent (empty: now)", "请写日期和时间。": "Enter a date and a time.", "报告送出的时间不能晚于现在。": "A report cannot have been sent after now.", "报告送出的时间不能早于知道事件的时间。": "A report cannot have been sent before the incident was known.",
		"什么时候知道的（不填就是现在）": "When it became known (empty: now)", "知道的时间": "Known since", "防止扩大的措施": "What was done to contain it", "告知的话": "What the affected are told", "留存的记录": "Records kept", "%d 条，留存时的摘要 %s": "%d, digest when they were kept %s",
		"今后怎样防止": "How it is prevented from now on", "防止扩大": "Contain", "告知": "Tell", "还要报告：%s": "Still to be reported to: %s", "已经报告": "Reported", "受影响的人和部门": "People and departments affected", "受影响的人，可横向滚动": "People affected, scrolls sideways",
		"取过几次": "Taken", "没有告知": "not told", "紧急撤回这份数据": "Withdraw these data at once", "控制": "Contain", "撤回数据、暂停授权在各自的页面办；办了什么写在这里。": "Data are withdrawn and grants suspended on their own pages; what was done is written here.", "已控制": "Contained",
		"告知受影响的人和部门": "Tell the people and departments affected", "先看信，再送出；每人每个部门只送一次，各用自己选的语言。": "See the letter, then send it; to each person and department once, in the language they chose.", "将送出的话：": "This will be sent:", "出了什么事、影响什么、请对方做什么；不要写秘密。": "What happened, what it affects, what they are asked to do; no secrets.",
		"英文（可以不写）": "In English (may be empty)", "另外告知的部门（网址名，一行一个，可以不写）": "Departments to be told besides (names in addresses, one a line; may be empty)", "报告在平台外送出，在这里记下送给谁、什么时候、文号。": "Reports are sent outside the platform; here is written to whom, when, with which number.", "哪一类部门": "Which kind of body", "报告给谁": "Reported to", "文号（可以不写）": "Number (may be empty)", "记下报告": "Write the report down",
		"留存记录": "Keep records", "平台同时数出受影响版本的取数记录，记下摘要。": "The platform counts the deliveries of the affected versions and writes their digest down.", "留存了什么、放在哪里": "What is kept, and where", "留存": "Keep", "改级别": "Grade anew", "不是安全事件": "No incident", "安全事件告知：": "Notice of an incident:",
		"没有这件安全事件。": "There is no such incident.", "请选事件的级别。": "Please choose a level.", "这个数据集没有这一版。": "The dataset has no such version.", "请选受影响的版本。": "Please choose the affected versions.", "请写知道的时间，不能晚于现在。": "Please write when it became known, not later than now.",
		"请选报告给哪一类部门。": "Please choose the kind of body.", "请写明报告给谁。": "Please write to whom it was reported.", "一次最多 %d 个部门。": "At most %d departments at once.",
		"请写明采取了什么措施防止扩大。": "Please write what was done to contain it.", "请写明留存了什么、放在哪里。": "Please write what is kept, and where.", "受影响的人和部门都已经告知。": "All people and departments affected have been told.", "请写告知的话：出了什么事、影响什么、请对方做什么。": "Please write what they are told: what happened, what it affects, what they are asked to do.",
		"现在就是这一级。": "It has this level already.", "还有 %d 个受影响的人或者部门没有告知，不能办结。": "%d people or departments affected are not told yet: it cannot be closed.", "规定要报告的部门还没有都报告，不能办结。": "Not all reports that the text asks for are made: it cannot be closed.", "还没有留存记录，不能办结。": "No records are kept yet: it cannot be closed.",
		"请写明查清的原因。": "Please write the cause that was found.", "请写明今后怎样防止。": "Please write how it is prevented from now on.", "已经告知过受影响的人，不能当作没有发生；请查清以后办结。": "People were told already: it cannot be set aside. Please find out and close it.",
		"处置中": "Being dealt with", "已控制，待办结": "Contained, to be closed", "网信部门": "Cyberspace administration", "公安机关": "Police", "行业主管部门": "Authority of the sector", "有关主管部门": "Authority concerned", "其他部门": "Another body",
		"安全事件：请写明怎样防止扩大。": "Incident: write how it was contained.", "安全事件：请告知受影响的人和部门。": "Incident: tell the people and departments affected.", "安全事件：请向规定的部门报告，并记下。": "Incident: report to the bodies that the text names, and write it down.", "安全事件：查清原因，留存记录，办结。": "Incident: find the cause, keep records, close it.",
	})
}
