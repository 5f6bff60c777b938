"""What one request may cost before anything of it is done; `model.cost.budget` says the same of looking into networks.

What people draw, teach and upload stays far below; what is above is refused with a sentence.
"""

from model.drawing.samples import MAX_SAMPLE_POINTS

BODY_BYTES = 8 * 2**20  # a network's file of 5 MB in base64 and some words around it
BODY_SECONDS = 30.0  # in which a body has to arrive
BODIES_BYTES = 96 * 2**20  # of all that are being read and answered
DRAINED_BYTES = 256 * 2**20  # of a refused body, read and forgotten: many programs read no answer before they are done
DRAIN_SECONDS = 10.0  # for that
VALUES_A_POINT = 5  # x, y, time, pressure, and the list of them
BODY_VALUES = VALUES_A_POINT * MAX_SAMPLE_POINTS + 50_000  # of its JSON

# What Gradio itself reads of JSON, it reads on the event loop: less than 5 ms of it. Texts are quick to read.
LOOP_BYTES = 3 * 2**20  # the samples of a call of fine_tune, which are a text
LOOP_VALUES = 10_000  # outside of texts

# The calls of pages are read in threads of their own, but all threads share one interpreter: who sends much waits until
# that has been made up for.
FREE_VALUES = 4_000  # that need not wait: the request of a pen has fewer
SECONDS_A_VALUE = 1e-6  # that reading takes, or less
SHARE = 0.25  # of the time, that reading large requests may take
LONGEST_WAIT = 10.0  # seconds; above, the request is refused

SESSION_CHARACTERS = 64  # of the name that a page gives itself; Gradio's has 11
SESSIONS = 2_000  # of which Gradio remembers what was changed on the page, some kilobytes each
UNREAD = 256  # sessions whose results are kept until they are fetched
CALLS = 100  # of programs that wait in Gradio's queue
LOOK_SECONDS = 0.02  # between two looks into that queue

KEEP_ALIVE = (
    75  # seconds for which a connection waits for its next request; longer than a proxy, or a pause for thought
)
IDLE_SECONDS = 10.0  # for which a connection may be open without having asked for anything
