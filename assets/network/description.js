// What the server says of the network that reads: asked once it can be seen, and again for each other network.

import { makeQuestion } from "../page/server.js";
import { get } from "../page/state.js";

/**
 * `call({ network })` asks the server, and `tell(answer, network)` hears what it says, perhaps { error }. `asked` is the network
 * whose answer is there already. Returns follow(): to be called when another network reads, and when `view` comes on screen.
 */
export function describing(view, call, tell, asked = null) {
  const description = makeQuestion(call, "choose the network again to retry", (answer, { network }) => {
    if (answer.error) asked = null;
    tell(answer, network);
  });

  return () => {
    const { network } = get();
    if (!network || network === asked || !view.checkVisibility()) return;
    asked = network;
    description.drop(); // another one was chosen meanwhile
    description.ask({ network });
  };
}
