package text

// What departments explain of their entries.
func init() {
	add(map[string]string{
		"解读：%s": "Notes: %s",
		"写解读":   "Write a note",
		"由发布的部门写，负责人批准。":     "Written by the department that publishes, approved by its head.",
		"解读的全部版本":            "All versions of the notes",
		"还没有解读。":             "No notes yet.",
		"部门写好、负责人批准后，会列在这里。": "They are listed here once the department has written and its head has approved them.",
		"本部门的解读":             "Notes of your department",
		"还没有写过。":             "Nothing written yet.",
		"在已公开的数据集页上点“写解读”。":  "Choose “Write a note” on the page of a public dataset.",
		"空一行分段；行首“## ”是小标题，“- ”是列表；**两边加星号**的加粗；[文字](https://…)是链接。": "An empty line parts paragraphs; a line that begins with “## ” is a heading, with “- ” an item of a list; **words between asterisks** are bold; [words](https://…) are a link.",
		"英文标题":   "English title",
		"英文正文":   "English text",
		"存草稿":    "Save the draft",
		"看起来是这样": "How it looks",
		"送负责人批准": "Send to the head for approval",
		"批准不用写。批准后公开，不能改，只能出下一版。": "Not needed to approve. What is approved is public and never changes; the next version follows it.",
		"批准并公开":   "Approve and publish",
		"还没有标题":   "No title yet",
		"等负责人批准":  "To be approved by the head",
		"退回了":     "Returned",
		"已批准，已公开": "Approved, public",
		"请写标题。":   "Please write a title.",
		"请写正文。":   "Please write the text.",
		"写的人不能自己批准，请另一位负责人来。":        "Whoever wrote it cannot approve it; another head must.",
		"请写明为何退回。":                   "Please say why it is returned.",
		"没有这篇解读。":                    "There is no such note.",
		"只有本部门的数据专员能写解读。":            "Only the data officers of the department write notes.",
		"这个条目没有公开，公开后再写解读。":          "This entry is not public; write the note once it is.",
		"这篇解读在您打开之后已经有人处理过，请重新打开看看。": "Somebody has dealt with this note since you opened it; please open it again.",
		"只有部门的数据专员和负责人能看这一页。":        "Only data officers and heads of departments see this page.",
		"请批准解读，或者退回。":                "Please approve the note, or return it.",
		"解读退回了，请改好再送。":               "The note was returned; please correct it and send it again.",
	})
}
