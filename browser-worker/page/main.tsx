// The entry of the volunteer page.

import { render } from 'preact';
import { Page } from './page.js';
import { openVolunteer } from './volunteer.js';

const place = document.getElementById('page');
if (place !== null) render(<Page volunteer={openVolunteer()} />, place);
