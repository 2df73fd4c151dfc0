// Which connections count as coming from one place.

import { expect, test } from 'vitest';
import { placeOf } from '../../coordinator/shell/place.js';

test.each([
  ['192.0.2.7:51000', '192.0.2.7'],
  ['::ffff:192.0.2.7:51000', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6:443', '2001:db8:1:2'],
  ['2001:0db8:1:2::9:443', '2001:db8:1:2'],
  ['[2001:db8::1]:443', '2001:db8:0:0'],
  ['::1:50000', '0:0:0:0'],
  ['fe80::1%eth0:5000', 'fe80:0:0:0'],
  ['2001:db8:1:2::/64', '2001:db8:1:2'],
  ['192.0.2.7', '192.0.2.7'],
  ['unknown:0', 'unknown'],
  ['ada', 'ada'],
])('placeOf() makes of %s the place %s', (remote, place) => {
  expect(placeOf(remote)).toBe(place);
});
