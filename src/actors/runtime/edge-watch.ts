import type { AnyActor, InspectionEvent, Subscription } from 'xstate';
import { edgeId } from '../../chart/edge-id.js';
import type { Subject } from './subject.js';

/**
 * Shows which edges a machine takes, and the events that a machine within an actor gets, while somebody looks at it
 * closely: an inspection listener doubles the price of a send.
 */
export class EdgeWatch {
  readonly #root: AnyActor;
  readonly #subject: Subject;
  readonly #withEvents: boolean;
  #inspection: Subscription | undefined;

  /** @param withEvents its events are no messages of the actor, which are shown anyway */
  constructor(root: AnyActor, subject: Subject, withEvents: boolean) {
    this.#root = root;
    this.#subject = subject;
    this.#withEvents = withEvents;
    subject.onCloseUp = () => this.#turn();
    this.#turn();
  }

  stop(): void {
    this.#inspection?.unsubscribe();
    this.#inspection = undefined;
  }

  #turn(): void {
    const isWanted = this.#subject.closeUp !== undefined;
    if (!isWanted) this.stop();
    else this.#inspection ??= this.#root.system.inspect((inspected) => this.#show(inspected));
  }

  #show(inspected: InspectionEvent): void {
    const { closeUp } = this.#subject;
    if (closeUp === undefined || inspected.actorRef !== this.#root) return;
    if (inspected.type === '@xstate.event') {
      if (this.#withEvents && --closeUp.left >= 0) closeUp.message('in', inspected.event.type, undefined, 0);
      return;
    }
    if (inspected.type !== '@xstate.microstep' || inspected._transitions.length === 0) return;
    closeUp.edges(inspected.event.type, inspected._transitions.map(edgeId));
  }
}
