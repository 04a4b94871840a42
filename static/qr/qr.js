// What static/js/qr.js has of the library: a reader with the names of the browsers' own
// (https://wicg.github.io/shape-detection-api/).
export { BarcodeDetector } from 'qr/decode.js';
