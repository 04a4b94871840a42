package templates

// ExportReadme explains the files of the export of an account.
const ExportReadme = "这是您的账号在本平台保存的全部个人信息。account.json：账号、登录、两步验证、密钥（不含密钥本身）、关联的身份、机构和证照目录。questions.json：您的提问。requests.json：您提的数据需求。data.json：您的申请、授权和取数记录。acts.ndjson：您做过的事和别人对您的账号做过的事，一行一件，来自审计记录。密码和密钥只有摘要，不在其中；证照的文件可在机构页下载。"
