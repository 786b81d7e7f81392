const { DefaultFailureConverter } = require('@temporalio/common');

/**
 * Moves the message and stack of each failure into a payload, which the codec encrypts. CommonJS, because Temporal's SDK
 * loads it by path with `require`, in the program as in the workflow bundle.
 */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
