// Package rows answers questions about the rows of a published version: which
// of them, sorted how, which columns, grouped and counted how, in any number
// and in any format.
//
// A question is a Query in a small expression language (parse.go), in the
// manner of Opendatasoft's ODSQL:
//
//	where     年份 >= 2020 and 地区 in ("福州", "厦门") and search(名称, "小学")
//	select    地区, avg(数值) as 均值
//	group_by  地区, year(日期)
//	order_by  均值 desc
//
// Compile looks every column up in the version's schema, checks types, and
// yields SQL in which every value is bound and every name is one of ours:
// nothing of the text reaches an engine. The SQL runs over the version's
// Parquet file in DuckDB, in a limited child process (Duckworker), never here.
//
// How it is wired: cmd hands {rows.JobName: rows.Duckworker} to sandbox.Main
// before anything else, makes one Service with New (a store, a folder of its
// own below the data folder, a secret of the installation) and closes it at the
// end. A Table is made from what a version says of its table: the digest of its
// Parquet file, its Schema, its number of rows, and a Key that names resource
// and version, from which a cursor's version is found again (Service.Key).
//
//	result, err := service.Query(ctx, table, rows.Query{Where: where, Cursor: cursor})
//
// Of a large table whose rows are sought a fast copy is made (fast.go), a database
// file of DuckDB's own beside the Parquet file; no answer depends on it.
//
// Whoever calls has been through the Gate: a Service knows nothing of viewers.
package rows
