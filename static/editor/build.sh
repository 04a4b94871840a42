#!/bin/sh
# Builds static/js/codemirror.js, the vendored editor, from editor.js and the exact
# versions in package-lock.json. Needs npm; nothing at run time does.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --ignore-scripts
npx --no-install esbuild editor.js --bundle --minify --format=iife --target=es2022 --legal-comments=none \
	--banner:js="/*! CodeMirror 6 (view 6.38.8, state 6.5.2, language 6.11.3, autocomplete 6.20.0, commands 6.10.0, lang-sql 6.10.0), Lezer, style-mod, w3c-keyname, crelt. MIT License, Copyright (C) 2018-2021 by Marijn Haverbeke and others. Built from static/editor. */" \
	--outfile=../js/codemirror.js
