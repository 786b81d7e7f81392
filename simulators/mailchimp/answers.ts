import { z } from 'zod';
import { type AnswersOfRoute, type Fit, type VendorAnswers, fits } from '../kit/answers.ts';
import { answerSchemas } from './answer-schemas.ts';

/** `fields` and `exclude_fields` remove properties but never add any. */
const whole = answerSchemas((shape) => z.strictObject(shape));
const cut = answerSchemas((shape) => z.strictObject(shape).partial());

type Name = keyof typeof whole;

const ok = (name: Name): AnswersOfRoute => {
  const [all, some] = [fits(whole[name]), fits(cut[name])];
  const fit: Fit = (body, path) => (/[?&](exclude_)?fields=/.test(path) ? some(body, path) : all(body, path));
  return { 200: fit };
};
const NO_CONTENT: AnswersOfRoute = { 204: null };

const routes: Readonly<Record<string, AnswersOfRoute>> = {
  'GET /': ok('account'),
  'GET /ping': ok('ping'),
  'GET /lists': ok('lists'),
  'GET /search-members': ok('foundMembers'),
  'GET /batches': ok('batches'),
  'POST /batches': ok('batch'),
  'GET /batches/:id': ok('batch'),
  'DELETE /batches/:id': NO_CONTENT,
  ...inList({
    'GET /': ok('list'),
    'POST /': ok('listBatch'),
    'GET /abuse-reports': ok('abuseReports'),
    'GET /members': ok('members'),
    'POST /members': ok('member'),
    'GET /members/:member': ok('member'),
    'PUT /members/:member': ok('member'),
    'PATCH /members/:member': ok('member'),
    'DELETE /members/:member': NO_CONTENT,
    'POST /members/:member/actions/delete-permanent': NO_CONTENT,
    'GET /members/:member/tags': ok('tags'),
    'POST /members/:member/tags': NO_CONTENT,
    'GET /merge-fields': ok('mergeFields'),
    'POST /merge-fields': ok('mergeField'),
    'GET /merge-fields/:id': ok('mergeField'),
    'PATCH /merge-fields/:id': ok('mergeField'),
    'DELETE /merge-fields/:id': NO_CONTENT,
    'GET /interest-categories': ok('categories'),
    'POST /interest-categories': ok('category'),
    'GET /interest-categories/:category': ok('category'),
    'GET /interest-categories/:category/interests': ok('interests'),
    'POST /interest-categories/:category/interests': ok('interest'),
    'GET /interest-categories/:category/interests/:interest': ok('interest'),
    'DELETE /interest-categories/:category/interests/:interest': NO_CONTENT,
    'GET /webhooks': ok('webhooks'),
    'POST /webhooks': ok('webhook'),
    'GET /webhooks/:id': ok('webhook'),
    'PATCH /webhooks/:id': ok('webhook'),
    'DELETE /webhooks/:id': NO_CONTENT,
  }),
};

function inList(ofList: Readonly<Record<string, AnswersOfRoute>>): Record<string, AnswersOfRoute> {
  return Object.fromEntries(
    Object.entries(ofList).map(([call, answers]) => {
      const [method = '', path = ''] = call.split(' ');
      return [`${method} /lists/:list${path === '/' ? '' : path}`, answers];
    }),
  );
}

/** What the Marketing API 3.0 answers, taken from its description and from recorded answers. */
export const mailchimpAnswers: VendorAnswers = { routes, refusals: fits(whole.problem) };
