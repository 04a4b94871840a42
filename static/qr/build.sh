#!/bin/sh
# Builds static/js/qr.js, the vendored reader of codes, from qr.js and the exact versions
# in package-lock.json. Needs npm; nothing at run time does.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund --ignore-scripts
npx --no-install esbuild qr.js --bundle --minify --format=iife --global-name=qr --target=es2022 --legal-comments=none \
	--banner:js="/*! qr 0.7.0. MIT License, Copyright (c) 2023 Paul Miller (paulmillr.com). Built from static/qr. */" \
	--outfile=../js/qr.js
