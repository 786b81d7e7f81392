import { startMautic } from '../../../simulators/mautic/start.ts';
import { mautic } from '../../../targets/mautic/process.ts';
import { describeConformance } from '../conformance.ts';

describeConformance({
  target: mautic,
  start: () => startMautic(),
  settingsOf: ({ url, username, password }) => ({
    MAUTIC_URL: url,
    MAUTIC_USERNAME: username,
    MAUTIC_PASSWORD: password,
  }),
  address: 'MAUTIC_URL',
  hostileRemoteIn: 'hostile-remote.test.ts',
  moves: ['dateAdded', 'dateModified', 'dateIdentified'],
  types: {
    Person: {
      held: async ({ control }) => Object.values((await control.state()).contacts),
      keeps: ['email'],
      confirmedOtherwise: { consent: 'what is stored says of each channel whether EMS has opted out' },
    },
  },
});
