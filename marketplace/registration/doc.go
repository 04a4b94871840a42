// Package registration registers products (登记, FJ-5.2), and has them certified
// (合规认证) and valued (资产评估) by others than whoever developed them.
//
// A registrant applies for a sealed version; the registrar, which is the exchange,
// accepts or returns, checks what is asked for, gives public notice, answers what
// anybody objects, and issues a signed certificate, whose leaf is written into the
// public log in the same transaction (I-26). A certifier and a valuer declare that they
// are independent, which the records must not contradict (I-27).
//
// The days are those of 《福建省公共数据资源登记管理办法（试行）》（闽数据〔2025〕15号），
// of which the platform has a summary: they are rules of the platform until its text is.
package registration
