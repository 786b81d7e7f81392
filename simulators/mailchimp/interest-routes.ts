import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cutFields } from './cut-fields.ts';
import { bodyAs, did, paramOf, queryOf } from './http.ts';
import type { Mailchimp } from './mailchimp.ts';
import { pageOf } from './paging.ts';
import { invalid, notFound } from './problem.ts';
import type { Interest, InterestCategory } from './records.ts';

const categoryBody = z.object({
  title: z.string().min(1),
  type: z.enum(['checkboxes', 'dropdown', 'radio', 'hidden']),
});
const interestBody = z.object({ name: z.string().min(1) });

/** Mailchimp's limit over all categories of a list. */
const MAX_INTERESTS = 60;

/** Groups: interest categories and their interests. */
export function addInterestRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  const { store, list } = mailchimp;

  const categoryShape = ({ key, title, type, id }: InterestCategory) => ({
    list_id: list.id,
    id: key,
    title,
    display_order: id,
    type,
    _links: [{ rel: 'self', href: `/3.0/lists/${list.id}/interest-categories/${key}`, method: 'GET' }],
  });
  const interestShape = ({ key, category, name, id }: Interest) => ({
    category_id: category,
    list_id: list.id,
    id: key,
    name,
    subscriber_count: String(
      store.members.all().filter(({ status, interests }) => status === 'subscribed' && interests.includes(key)).length,
    ),
    display_order: id,
    _links: [
      { rel: 'self', href: `/3.0/lists/${list.id}/interest-categories/${category}/interests/${key}`, method: 'GET' },
    ],
  });
  const findCategory = (key: string): InterestCategory => {
    const [category] = store.categories.by('key', key);
    if (category === undefined) throw notFound();
    return category;
  };
  const findInterest = (category: string, key: string): Interest => {
    const [interest] = store.interests.by('key', key);
    if (interest?.category !== findCategory(category).key) throw notFound();
    return interest;
  };

  scope.get('/interest-categories', async (request) => {
    const rows = store.categories.all();
    const body = {
      list_id: list.id,
      categories: pageOf(rows, queryOf(request)).map(categoryShape),
      total_items: rows.length,
    };
    return cutFields(body, queryOf(request));
  });

  scope.post('/interest-categories', async (request) => {
    const { title, type } = bodyAs(request, categoryBody);
    if (store.categories.all().some((one) => one.title.toLowerCase() === title.toLowerCase())) {
      throw invalid(`Cannot add "${title}" because it already exists on the list.`);
    }
    did(request, 'created');
    return categoryShape(store.addCategory({ title, type }));
  });

  scope.get('/interest-categories/:category', async (request) =>
    cutFields(categoryShape(findCategory(paramOf(request, 'category'))), queryOf(request)),
  );

  scope.get('/interest-categories/:category/interests', async (request) => {
    const { key } = findCategory(paramOf(request, 'category'));
    const rows = store.interests.by('category', key);
    const body = {
      interests: pageOf(rows, queryOf(request)).map(interestShape),
      list_id: list.id,
      category_id: key,
      total_items: rows.length,
    };
    return cutFields(body, queryOf(request));
  });

  scope.post('/interest-categories/:category/interests', async (request) => {
    const category = findCategory(paramOf(request, 'category'));
    const { name } = bodyAs(request, interestBody);
    const interest = createInterest(mailchimp, category, name);
    did(request, 'created');
    return interestShape(interest);
  });

  scope.get('/interest-categories/:category/interests/:interest', async (request) =>
    cutFields(
      interestShape(findInterest(paramOf(request, 'category'), paramOf(request, 'interest'))),
      queryOf(request),
    ),
  );

  scope.delete('/interest-categories/:category/interests/:interest', async (request, reply) => {
    store.interests.remove(findInterest(paramOf(request, 'category'), paramOf(request, 'interest')).id);
    did(request, 'deleted');
    return reply.code(204).send();
  });
}

/** Throws Problem 400. */
function createInterest({ store }: Mailchimp, category: InterestCategory, name: string): Interest {
  const taken = store.interests
    .by('category', category.key)
    .some((one) => one.name.toLowerCase() === name.toLowerCase());
  if (taken) throw invalid(`Cannot add "${name}" because it already exists on the list.`);
  if (store.interests.all().length >= MAX_INTERESTS) throw invalid(`A list has at most ${MAX_INTERESTS} interests.`);
  return store.addInterest(category, name);
}
