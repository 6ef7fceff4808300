/* door.page.jsx - the page of who lets people in: works without a network once it was opened with one. */

import { doorView } from './door_view.jsx';
import { run } from './frame.jsx';
import { useTexts } from './language.js';
import en from './texts/door.en.js';
import es from './texts/door.es.js';

useTexts({ es, en });
run({ routes: [[/^\/?$/, doorView]], menu: () => [] });
