"""What to record of an action that was done: a plan, a call, a look-up, a settlement, an undo.

Pure. Each function takes the state before and what came back, and gives the events to commit.
"""

from runs.engine.outcomes.call_outcomes import DID_NOT_HAPPEN as DID_NOT_HAPPEN
from runs.engine.outcomes.call_outcomes import MAY_HAVE_HAPPENED as MAY_HAVE_HAPPENED
from runs.engine.outcomes.call_outcomes import after_call as after_call
from runs.engine.outcomes.call_outcomes import after_lookup as after_lookup
from runs.engine.outcomes.call_outcomes import innocent as innocent
from runs.engine.outcomes.follow_ups import hinted as hinted
from runs.engine.outcomes.follow_ups import next_of_answer as next_of_answer
from runs.engine.outcomes.follow_ups import unless_asked as unless_asked
from runs.engine.outcomes.settlements import after_settlement as after_settlement
from runs.engine.outcomes.settlements import after_undo_settlement as after_undo_settlement
from runs.engine.outcomes.settlements import in_doubt as in_doubt
from runs.engine.outcomes.settlements import undo_in_doubt as undo_in_doubt
from runs.engine.outcomes.turn_outcomes import after_judge as after_judge
from runs.engine.outcomes.turn_outcomes import after_plan as after_plan
from runs.engine.outcomes.turn_outcomes import after_plan_failure as after_plan_failure
from runs.engine.outcomes.turn_outcomes import planned as planned
from runs.engine.outcomes.turn_outcomes import turned as turned
from runs.engine.outcomes.undo_outcomes import after_undo as after_undo
from runs.engine.outcomes.undo_outcomes import after_undo_lookup as after_undo_lookup
