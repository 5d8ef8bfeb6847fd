/**
 * The settings of a Syncthing instance that knows one other, and nothing beyond this machine. They are made from those
 * that it generates itself, because these have its keys and the version that it expects.
 */

export interface SyncthingDevice {
  readonly id: string;
  /** `dynamic` if this one is not to dial the other. */
  readonly address: string;
}

export interface LoopbackSettings {
  readonly folder: string;
  readonly directory: string;
  /** Itself included. */
  readonly devices: readonly SyncthingDevice[];
  /** For connections of devices. */
  readonly port: number;
  /** For questions: host and port. */
  readonly api: string;
}

/** The values of elements that Syncthing writes with values of its own. */
const QUIET = {
  globalAnnounceEnabled: 'false',
  localAnnounceEnabled: 'false',
  relaysEnabled: 'false',
  natEnabled: 'false',
  crashReportingEnabled: 'false',
  startBrowser: 'false',
  urAccepted: '-1',
  autoUpgradeIntervalH: '0',
  // At low priority it would be measured slower than it is on an idle machine.
  setLowPriority: 'false',
};

export function loopbackSettings(generated: string, settings: LoopbackSettings): string {
  const { folder, directory, devices, port, api } = settings;
  const known = devices.map(({ id, address }) => `<device id="${id}"><address>${address}</address></device>`);
  const members = devices.map(({ id }) => `<device id="${id}"></device>`);
  const shared = `<folder id="${folder}" path="${directory}" type="sendreceive" fsWatcherEnabled="true" fsWatcherDelayS="10">`;
  let made = generated
    // The first device of the file is the instance itself.
    .replace(/<device id="[^"]+" name[\s\S]*?<\/device>/, known.join('\n'))
    .replace(
      /<gui ([\s\S]*?)<address>[^<]*</,
      `${shared}${members.join('')}</folder>\n<gui $1<address>${api}<`,
    );
  for (const [name, value] of Object.entries({ ...QUIET, listenAddress: `tcp://127.0.0.1:${port}` })) {
    made = made.replace(new RegExp(`<${name}>[^<]*<`), `<${name}>${value}<`);
  }
  return made;
}
