/** What stands over the conversation when it is asked for: files, the ring, the machines, an invite. */
import { FileDesk, type FileDeskHost } from './file-desk.js';
import { InvitePanel } from './invite-panel.js';
import { type Action, actionOf, isElsewhere } from './keys.js';
import { MachineDesk, type MachineDeskHost } from './machine-desk.js';
import { RingDesk, type RingDeskHost } from './ring-desk.js';
import type { Token } from './sequences.js';
import type { ShellHost } from './shell.js';
import type { Scene } from './view.js';

export interface OverlaysHost extends FileDeskHost, RingDeskHost, MachineDeskHost {
  /** Puts a text where it can be pasted from, if the terminal lets it. */
  copy(text: string): void;
}

/** The commands that show one of them. */
type Shown = Pick<ShellHost, 'showFiles' | 'showPreview' | 'showRing' | 'showMachines' | 'showInvite'>;

export class Overlays {
  readonly files: FileDesk;
  readonly ring: RingDesk;
  readonly #machines: MachineDesk;
  readonly #invite: InvitePanel;

  constructor(host: OverlaysHost) {
    this.files = new FileDesk(host);
    this.ring = new RingDesk(host);
    this.#machines = new MachineDesk(host);
    this.#invite = new InvitePanel((text) => host.copy(text));
  }

  /** Is the conversation under one of them? */
  get isShown(): boolean {
    const panels = [this.files.panel, this.ring.panel, this.#machines.panel, this.#invite];
    return panels.some(({ isShown }) => isShown);
  }

  /** As a frame draws them. */
  get scene(): Pick<Scene, 'files' | 'ring' | 'machines' | 'invite' | 'previews'> {
    return {
      files: this.files.panel,
      ring: this.ring.panel,
      machines: this.#machines,
      invite: this.#invite,
      previews: this.files.previews,
    };
  }

  /** As commands open them. */
  get commands(): Shown {
    return {
      showFiles: () => this.files.panel.open(),
      showPreview: (entry) => this.files.show(entry, true),
      showRing: () => this.ring.open(),
      showMachines: (filter) => {
        this.#machines.open(filter);
        return true;
      },
      showInvite: (command) => {
        this.#invite.open(command);
        return true;
      },
    };
  }

  /** @returns whether the token was for one of them */
  handle(token: Token): boolean {
    const action = actionOf(token);
    if (action !== undefined && isElsewhere(action) && !this.#isShownBy(action)) this.#close();
    return (
      this.#invite.handle(token) ||
      this.ring.handle(token) ||
      this.#machines.handle(token) ||
      this.files.handle(token)
    );
  }

  /** Is what that key shows there already? Then the key closes it. */
  #isShownBy(action: Action): boolean {
    return (
      (action === 'files' && this.files.panel.isShown) ||
      (action === 'ring' && this.ring.panel.isShown) ||
      (action === 'machines' && this.#machines.panel.isShown)
    );
  }

  #close(): void {
    this.files.panel.close();
    this.ring.close();
    this.#machines.close();
    this.#invite.close();
  }
}
