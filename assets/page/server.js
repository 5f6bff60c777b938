// Calls to the server that always have an answer.

/** What the server answers, or { error } where it cannot be reached or fails. */
export const answered = (call, error) => call.catch(() => null).then((answer) => answer ?? { error });

/**
 * As `answered`, for questions that follow each other faster than their answers come: each answer is told unless a newer
 * question's was. What a refused question leaves on screen is then the answer to the one before it.
 */
export function inOrder(tell) {
  let asked = 0; // number of the newest question
  let told = 0; // number of the newest one whose answer was told
  return async (call, error) => {
    const number = ++asked;
    const answer = await answered(call, error);
    if (number < told) return;
    told = number;
    tell(answer);
  };
}
