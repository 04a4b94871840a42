// Package demo is the sample world: a real catalogue, in world/, that an empty
// installation is filled with. The data and where it comes from are real; the
// departments that are said to publish it, and the accounts, are samples and
// marked 示例.
//
// world/ is data that can be read without the program: one YAML file an entry
// in datasets/, the files themselves in files/, what entries refer to beside
// them. Everything goes through the services that people use, so that an
// entry that could not be typed cannot be loaded either.
//
// Import loads any other folder of that form, whose entries are no samples.
package demo
