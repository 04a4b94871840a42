package templates

// ChartView is a chart in the explorer, with its controls.
type ChartView struct {
	Form    ViewForm
	Plot    *Plot
	Refused string // why there is no chart; empty where there is one
	Instead []Link // what would work
	Notes   []string
	Table   TableView
}

// ViewForm is the controls of a view: a form that leads to another address.
type ViewForm struct {
	Action  string
	Kept    []Parameter // what else the address says
	Choices []Choice
}

// Parameter is a name with its value in an address.
type Parameter struct{ Name, Value string }

// Choice is one thing to choose.
type Choice struct {
	Name    string
	Label   string
	Options []ChoiceOption
}

// ChoiceOption is one of them.
type ChoiceOption struct {
	Value string
	Title string
	On    bool
}
