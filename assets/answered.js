// Calls to the server that always have an answer.

/** What the server answers, or { error } where it cannot be reached or fails. */
export const answered = (call, error) => call.catch(() => null).then((answer) => answer ?? { error });
