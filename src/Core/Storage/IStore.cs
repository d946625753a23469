using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Pools;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;

namespace Switchyard.Core.Storage;

/// <summary>
/// Everything kept: one port, one implementation per database, one conformance suite over all of them. Writes return
/// after the commit. Reads see what was committed before they began.
/// </summary>
public interface IStore : IAsyncDisposable
{
    // ---- jobs

    /// <summary>Inserts jobs.</summary>
    Task JobsInsert(IReadOnlyList<Job> jobs, CancellationToken stop);

    /// <summary>Replaces a job's settings and neutral columns while its version is <c>job.Version - 1</c>; false if it is not, or if the job is gone.</summary>
    Task<bool> JobUpdate(Job job, CancellationToken stop);

    /// <summary>Deletes a job; its runs stay. False if there was none.</summary>
    Task<bool> JobDelete(long id, DateTimeOffset at, CancellationToken stop);

    /// <summary>A job that is not deleted (hidden ones too), or null.</summary>
    Task<Job?> JobGet(long id, CancellationToken stop);

    /// <summary>Jobs that are neither hidden nor deleted.</summary>
    Task<IReadOnlyList<Job>> JobsList(JobQuery query, CancellationToken stop);

    /// <summary>Jobs whose trigger fires next, earliest first: of some owners or of all.</summary>
    Task<IReadOnlyList<Job>> JobsUpcoming(IReadOnlyList<long>? owners, int limit, CancellationToken stop);

    /// <summary>Jobs whose trigger is due at or before an instant, earliest first.</summary>
    Task<IReadOnlyList<Job>> JobsDue(DateTimeOffset at, int limit, CancellationToken stop);

    /// <summary>The earliest due time of any job, or null.</summary>
    Task<DateTimeOffset?> JobsNextDue(CancellationToken stop);

    /// <summary>Sets the next due times of triggers, of each only while it is what it was.</summary>
    Task JobsSetNextFire(IReadOnlyList<(long JobId, DateTimeOffset? Was, DateTimeOffset? NextFireAt)> fires, CancellationToken stop);

    /// <summary>Ids of jobs that always have a run, and are not paused. The end of each run of theirs makes the next one due.</summary>
    Task<IReadOnlyList<long>> JobsContinuous(CancellationToken stop);

    /// <summary>Begins anew to count the runs of a continuous job that fail in a row.</summary>
    Task JobForgetFailures(long id, CancellationToken stop);

    /// <summary>How many runs of a job are in each state.</summary>
    Task<IReadOnlyDictionary<RunState, long>> JobCounters(long jobId, CancellationToken stop);

    /// <summary>Gives out the next number of a sequence, from 1: each once, whatever becomes of it.</summary>
    Task<long> NextNumber(string sequence, CancellationToken stop);

    /// <summary>Jobs to start because a run succeeded that they wait for, oldest first. They were written down with that run's end.</summary>
    Task<IReadOnlyList<FollowUp>> FollowUps(int limit, CancellationToken stop);

    /// <summary>Strikes out what was started.</summary>
    Task FollowUpsDone(IReadOnlyList<FollowUp> done, CancellationToken stop);

    /// <summary>Ids of jobs that wait for files; noted when they are stored.</summary>
    Task<IReadOnlyList<long>> ArrivalsJobs(CancellationToken stop);

    /// <summary>What one has seen; null if it has not looked yet.</summary>
    Task<Arrivals?> ArrivalsGet(long jobId, CancellationToken stop);

    /// <summary>Keeps what one has seen; null forgets it.</summary>
    Task ArrivalsPut(long jobId, Arrivals? seen, CancellationToken stop);

    // ---- projects

    /// <summary>Inserts a project; <see cref="RefusalCode.Conflict"/> when its owner's name has one of that slug.</summary>
    Task<Result<Project>> ProjectInsert(Project project, CancellationToken stop);

    /// <summary>Changes name or variables; null leaves as it is. The project as it is then, or null if there is none.</summary>
    Task<Project?> ProjectUpdate(long id, string? name, IReadOnlyDictionary<string, string>? environment, DateTimeOffset at, CancellationToken stop);

    /// <summary>Deletes a project and its jobs; their runs stay. False if there is none.</summary>
    Task<bool> ProjectDelete(long id, DateTimeOffset at, CancellationToken stop);

    Task<Project?> ProjectGet(long id, CancellationToken stop);

    /// <summary>Projects by id; those that do not exist are missing from the answer.</summary>
    Task<IReadOnlyDictionary<long, Project>> ProjectsLoad(IReadOnlyList<long> ids, CancellationToken stop);

    /// <summary>Projects whose name or slug holds a text, ignoring case, newest first: of some owners or of all.</summary>
    Task<IReadOnlyList<Project>> ProjectsSearch(IReadOnlyList<long>? owners, string text, int limit, CancellationToken stop);

    /// <summary>The project of an address, or null.</summary>
    Task<Project?> ProjectFind(string ownerName, string slug, CancellationToken stop);

    /// <summary>Projects, newest first: of some owners or of all, below an id.</summary>
    Task<IReadOnlyList<Project>> ProjectsList(IReadOnlyList<long>? owners, long? before, int limit, CancellationToken stop);

    // ---- runs

    /// <summary>
    /// Inserts runs, each by itself: a job that is gone is <see cref="RefusalCode.NotFound"/>, another version of its
    /// settings is <see cref="RefusalCode.Conflict"/>, so is a unique name that is taken, a known idempotency token answers the first run
    /// (<see cref="RefusalCode.Invalid"/> if that run was deleted).
    /// </summary>
    Task<IReadOnlyList<Result<RunInserted>>> RunsInsert(IReadOnlyList<NewRun> runs, CancellationToken stop);

    /// <summary>
    /// Applies the moves of each run, all of a run's or none: false for a run whose rows were not as its moves said.
    /// Writes their events and keeps the counters.
    /// </summary>
    Task<IReadOnlyList<bool>> RunsApply(IReadOnlyList<RunMoves> runs, CancellationToken stop);

    /// <summary>Runs as the rules read them; those that do not exist are missing from the answer.</summary>
    Task<IReadOnlyList<RunView>> RunsLoad(IReadOnlyList<long> ids, CancellationToken stop);

    /// <summary>The same of runs that notes speak of, with less to read of those that nobody has moved yet: their notes name their attempts.</summary>
    Task<IReadOnlyList<RunView>> RunsLoad(IReadOnlyList<LeaderNote> notes, CancellationToken stop);

    /// <summary>Ids of runs that have not ended, oldest first, above an id.</summary>
    Task<IReadOnlyList<long>> RunsOpen(long after, int limit, CancellationToken stop);

    /// <summary>How many runs of each job are active (let in and not ended).</summary>
    Task<IReadOnlyDictionary<long, int>> RunsActiveByJob(CancellationToken stop);

    Task<RunRow?> RunGet(long id, CancellationToken stop);

    Task<IReadOnlyList<RunRow>> RunsList(RunQuery query, CancellationToken stop);

    /// <summary>The newest run of each of some jobs; of a job that has none nothing.</summary>
    Task<IReadOnlyDictionary<long, RunRow>> RunsLatest(IReadOnlyList<long> jobIds, CancellationToken stop);

    /// <summary>The newest runs of a job below an id, of some owners or of all, with how their tasks went; in two reads, however many there are.</summary>
    Task<JobGrid> JobGrid(long jobId, IReadOnlyList<long>? owners, int runs, long? before, CancellationToken stop);

    /// <summary>
    /// How many runs of some owners (of all for null) live, and how many ended at or after an instant, by state. Of either kind no more than
    /// <paramref name="most"/> are looked at, the newest, whosever they are.
    /// </summary>
    Task<RunCounts> RunsCount(IReadOnlyList<long>? owners, DateTimeOffset endedFrom, int most, CancellationToken stop);

    /// <summary>Changes the timeout of a run that has not ended; 0 for none.</summary>
    Task<bool> RunSetTimeout(long id, long timeoutMs, CancellationToken stop);

    /// <summary>
    /// Makes an ended run Queued again, with another revision of its plan and some of its instances reopened; it waits in line from then on, whatever its job says.
    /// <see cref="RefusalCode.NotFound"/> if it is not there, <see cref="RefusalCode.Conflict"/> if it has not ended or has another revision.
    /// </summary>
    Task<Refusal?> RunRepair(Repair repair, CancellationToken stop);

    /// <summary>The passes over a run in order; empty for one that was never repaired.</summary>
    Task<IReadOnlyList<RunPass>> RunPasses(long id, CancellationToken stop);

    /// <summary>Deletes an ended run with its attempts and events. False if it is not there or has not ended.</summary>
    Task<bool> RunDelete(long id, CancellationToken stop);

    /// <summary>Runs that ended at or before an instant, the first ended first, with all their attempts.</summary>
    Task<IReadOnlyList<PrunableRun>> RunsPrunable(DateTimeOffset endedBy, int limit, CancellationToken stop);

    /// <summary>When the run ended that ended first of all that are kept; null when none has ended.</summary>
    Task<DateTimeOffset?> RunsFirstEnded(CancellationToken stop);

    /// <summary>
    /// Deletes ended runs with their attempts and events, each by itself; what is left of an idempotency token stays.
    /// Answers how many: those that are not there or have not ended are passed over.
    /// </summary>
    Task<int> RunsDelete(IReadOnlyList<long> ids, CancellationToken stop);

    // ---- batches

    /// <summary>Inserts a batch with its two documents: the settings of its job and the sweep. False, and nothing inserted, when its token is known.</summary>
    Task<bool> BatchInsert(Batch batch, Document settings, Document sweep, CancellationToken stop);

    /// <summary>
    /// Inserts the next runs of a batch, all or none, if it still has <paramref name="made"/> and is not built. With the last
    /// of its runs it is built.
    /// </summary>
    Task<BatchGrowth> BatchGrow(long id, long made, IReadOnlyList<NewRun> runs, CancellationToken stop);

    /// <summary>Makes a batch that is not built one to which no runs come any more. False if it is built, or not there.</summary>
    Task<bool> BatchClose(long id, DateTimeOffset at, string problem, CancellationToken stop);

    /// <summary>Ids of batches that are not built, oldest first.</summary>
    Task<IReadOnlyList<long>> BatchesUnbuilt(int limit, CancellationToken stop);

    Task<Batch?> BatchGet(long id, CancellationToken stop);

    Task<IReadOnlyList<Batch>> BatchesList(BatchQuery query, CancellationToken stop);

    /// <summary>What the batches of jobs come to, by job; of those that never had one nothing.</summary>
    Task<IReadOnlyDictionary<long, JobBatches>> JobBatches(IReadOnlyList<long> jobIds, CancellationToken stop);

    /// <summary>The numbers of batches among those of their job, from 1; what is not there is missing.</summary>
    Task<IReadOnlyDictionary<long, long>> BatchNumbers(IReadOnlyList<long> ids, CancellationToken stop);

    /// <summary>Runs of a batch, in the order of their index.</summary>
    Task<IReadOnlyList<RunRow>> BatchRuns(BatchRunQuery query, CancellationToken stop);

    /// <summary>Deletes batches that were built at or before an instant and have no run. (One whose last run is deleted goes with it.)</summary>
    Task<int> BatchesDeleteEmpty(DateTimeOffset builtBy, CancellationToken stop);

    // ---- documents, attempts, events

    /// <summary>A document by its hash, or null. (Plans, shown settings, sweeps.)</summary>
    Task<string?> DocumentGet(string hash, CancellationToken stop);

    /// <summary>All attempts of a run: by task, instance, attempt.</summary>
    Task<IReadOnlyList<AttemptRow>> AttemptsOfRun(long runId, CancellationToken stop);

    /// <summary>What a task of several runs left, by run; nothing of those whose task has left nothing. Of a task with several instances it is the first's.</summary>
    Task<IReadOnlyDictionary<long, Execution.TaskOutcome>> Outcomes(IReadOnlyList<long> runIds, string taskKey, CancellationToken stop);

    /// <summary>One attempt by its id, or null.</summary>
    Task<AttemptRow?> AttemptGet(long id, CancellationToken stop);

    /// <summary>Events of a run after a position, in order.</summary>
    Task<IReadOnlyList<EventRow>> EventsOfRun(long runId, long after, int limit, CancellationToken stop);

    /// <summary>Events of all runs after a position, in order.</summary>
    Task<IReadOnlyList<EventRow>> EventsAfter(long after, int limit, CancellationToken stop);

    /// <summary>The jobs of a dialect of which a run has ended, of all that something happened to after a position and up to another one.</summary>
    Task<IReadOnlyList<long>> JobsOfEnded(string dialect, long after, long upTo, CancellationToken stop);

    /// <summary>The position of the latest event.</summary>
    Task<long> EventsLast(CancellationToken stop);

    // ---- notices

    /// <summary>What happened to runs of jobs that want it told and is not yet told, oldest first. It was written down with the moves.</summary>
    Task<IReadOnlyList<Happening>> Happenings(int limit, CancellationToken stop);

    /// <summary>When the next living run or attempt is overdue that is to be warned of; null when there is none. They were written down with their starts.</summary>
    Task<DateTimeOffset?> WarningsNextDue(CancellationToken stop);

    /// <summary>Notes of what is overdue at an instant that it happened, once for each.</summary>
    Task WarningsTell(DateTimeOffset at, CancellationToken stop);

    /// <summary>Strikes out what happened and writes down the notices about it, in one commit.</summary>
    Task NoticesWrite(IReadOnlyList<Happening> done, IReadOnlyList<Notice> notices, CancellationToken stop);

    /// <summary>The lanes in which notices wait, by name in the order of their bytes, each with its earliest due one.</summary>
    Task<IReadOnlyList<NoticeLane>> NoticeLanes(CancellationToken stop);

    /// <summary>Notices that wait, with their bodies, in the order asked for; what does not wait any more is missing.</summary>
    Task<IReadOnlyList<Notice>> NoticesLoad(IReadOnlyList<Guid> ids, CancellationToken stop);

    /// <summary>Notes what tries came to.</summary>
    Task NoticesTried(IReadOnlyList<NoticeTry> tries, CancellationToken stop);

    /// <summary>The notices about a run in the order they were written, without their bodies.</summary>
    Task<IReadOnlyList<Notice>> NoticesOfRun(long runId, CancellationToken stop);

    /// <summary>Keeps a destination: a new one, or in place of the one of its id.</summary>
    Task DestinationPut(Destination destination, CancellationToken stop);

    /// <summary>Deletes a destination; false if there is none of that id.</summary>
    Task<bool> DestinationDelete(string id, CancellationToken stop);

    /// <summary>A destination, or null.</summary>
    Task<Destination?> DestinationGet(string id, CancellationToken stop);

    /// <summary>All destinations, oldest first.</summary>
    Task<IReadOnlyList<Destination>> DestinationsList(CancellationToken stop);

    // ---- users and tokens

    /// <summary>Inserts a user; <see cref="RefusalCode.Conflict"/> when a user or a team has the name.</summary>
    Task<Result<User>> UserInsert(User user, string passwordHash, CancellationToken stop);

    /// <summary>Inserts users with the pools given to them, each by itself; <see cref="RefusalCode.Conflict"/> for a name that is taken.</summary>
    Task<IReadOnlyList<Result<User>>> UsersInsert(IReadOnlyList<NewUser> users, CancellationToken stop);

    /// <summary>Replaces a user's password hash while it is still <paramref name="before"/>; false if it is not.</summary>
    Task<bool> UserRehash(long id, string before, string after, CancellationToken stop);

    /// <summary>Changes e-mail, admin flag or password hash; null leaves as it is (an empty e-mail removes it). False if there is no such user.</summary>
    Task<bool> UserUpdate(long id, string? email, bool? admin, string? passwordHash, CancellationToken stop);

    /// <summary>Deletes a user with all tokens. False if there is none.</summary>
    Task<bool> UserDelete(long id, CancellationToken stop);

    Task<UserSecret?> UserByName(string name, CancellationToken stop);

    Task<User?> UserGet(long id, CancellationToken stop);

    Task<IReadOnlyList<User>> UsersList(string? afterName, int limit, CancellationToken stop);

    /// <summary>Inserts a token by its hash; <see cref="RefusalCode.Conflict"/> when the user has a live one of that name.</summary>
    Task<Result<Token>> TokenInsert(Token token, string hash, CancellationToken stop);

    /// <summary>The live token with that hash, and its user. Expiry is the caller's to check.</summary>
    Task<(Token Token, User User)?> TokenByHash(string hash, CancellationToken stop);

    Task<bool> TokenRevoke(long id, DateTimeOffset at, CancellationToken stop);

    /// <summary>Notes when tokens were last used; many at once.</summary>
    Task TokensTouch(IReadOnlyList<(long TokenId, DateTimeOffset At)> uses, CancellationToken stop);

    Task<IReadOnlyList<Token>> TokensList(long userId, CancellationToken stop);

    /// <summary>Keeps a user's one key if there is none yet; answers the sealed text of the one in force, null if there is no such user.</summary>
    Task<string?> ApiKeyPutIfAbsent(long userId, string sealedText, string hash, DateTimeOffset at, CancellationToken stop);

    /// <summary>The sealed text of a user's key, or null.</summary>
    Task<string?> ApiKeyGet(long userId, CancellationToken stop);

    /// <summary>Whose key has that hash, or null.</summary>
    Task<User?> ApiKeyOwner(string hash, CancellationToken stop);

    /// <summary>Removes a user's key. False if there is none.</summary>
    Task<bool> ApiKeyDelete(long userId, CancellationToken stop);

    /// <summary>The pools a user was given beside the default one, sorted; empty for one who is not there.</summary>
    Task<IReadOnlyList<string>> PoolGrantsGet(long userId, CancellationToken stop);

    /// <summary>Replaces the pools a user was given. False if there is no such user.</summary>
    Task<bool> PoolGrantsSet(long userId, IReadOnlyList<string> pools, CancellationToken stop);

    // ---- teams

    /// <summary>Inserts a team with its first administrator; <see cref="RefusalCode.Conflict"/> when a team or a user has the name.</summary>
    Task<Result<Team>> TeamInsert(Team team, long firstAdmin, CancellationToken stop);

    Task<Team?> TeamFind(string name, CancellationToken stop);

    /// <summary>Teams by name: those a user is in, or all.</summary>
    Task<IReadOnlyList<Team>> TeamsList(long? userId, string? afterName, int limit, CancellationToken stop);

    /// <summary>Who is in a team, by name; empty for one that is not there.</summary>
    Task<IReadOnlyList<TeamMember>> TeamMembers(long id, CancellationToken stop);

    /// <summary>Takes a user into a team, or changes what they may there. <see cref="RefusalCode.Conflict"/> when no administrator would be left.</summary>
    Task<Refusal?> TeamMemberPut(long id, long userId, bool admin, CancellationToken stop);

    /// <summary>Takes a user out of a team. <see cref="RefusalCode.Conflict"/> when no administrator would be left.</summary>
    Task<Refusal?> TeamMemberRemove(long id, long userId, CancellationToken stop);

    /// <summary>Deletes a team. <see cref="RefusalCode.Conflict"/> while it owns projects.</summary>
    Task<Refusal?> TeamDelete(long id, CancellationToken stop);

    // ---- clusters

    /// <summary>Keeps a cluster, or replaces its settings and state.</summary>
    Task ClusterPut(Pools.Cluster cluster, CancellationToken stop);

    Task<Pools.Cluster?> ClusterGet(string id, CancellationToken stop);

    /// <summary>Clusters that stand by themselves, by id.</summary>
    Task<IReadOnlyList<Pools.Cluster>> ClustersList(string? after, int limit, CancellationToken stop);

    /// <summary>Clusters of a run that were ended before their time.</summary>
    Task<IReadOnlyList<Pools.Cluster>> ClustersOfRun(long runId, CancellationToken stop);

    /// <summary>Forgets a cluster that stands by itself. False if there is none.</summary>
    Task<bool> ClusterDelete(string id, CancellationToken stop);

    // ---- secrets

    /// <summary>Inserts a scope of secrets with its first right; <see cref="RefusalCode.Conflict"/> when there is one of that name, <see cref="RefusalCode.Exhausted"/> when there are <paramref name="most"/>.</summary>
    Task<Refusal?> SecretScopeInsert(string name, Right first, int most, DateTimeOffset at, CancellationToken stop);

    /// <summary>Deletes a scope with its secrets and rights. False if there is none.</summary>
    Task<bool> SecretScopeDelete(string name, CancellationToken stop);

    /// <summary>All scopes by name.</summary>
    Task<IReadOnlyList<SecretScope>> SecretScopes(CancellationToken stop);

    /// <summary>Puts a secret into its scope, or replaces it; <see cref="RefusalCode.NotFound"/> without the scope, <see cref="RefusalCode.Exhausted"/> when it has <paramref name="most"/>.</summary>
    Task<Refusal?> SecretPut(SealedSecret secret, int most, CancellationToken stop);

    /// <summary>The secrets of a scope by name.</summary>
    Task<IReadOnlyList<SealedSecret>> Secrets(string scope, CancellationToken stop);

    /// <summary>Deletes a secret. False if there is none.</summary>
    Task<bool> SecretDelete(string scope, string name, CancellationToken stop);

    /// <summary>Gives a principal a level in a scope, or takes it (null). False if there was nothing to take, or no scope.</summary>
    Task<bool> SecretRightSet(string scope, long principal, int? level, CancellationToken stop);

    // ---- rights to jobs

    /// <summary>What was given on a job, beside what its owner has.</summary>
    Task<IReadOnlyList<Right>> JobRights(long jobId, CancellationToken stop);

    /// <summary>
    /// Replaces what was given on a job, which need not be there yet, and with it the job itself where it changes (as
    /// <see cref="JobUpdate"/> does): false, and nothing replaced, when that is refused.
    /// </summary>
    Task<bool> JobRightsReplace(long jobId, IReadOnlyList<Right> rights, Job? changed, CancellationToken stop);

    // ---- pools

    /// <summary>The pools by name. A new installation has the default one, with all of the capacity.</summary>
    Task<IReadOnlyList<Pool>> PoolsList(CancellationToken stop);

    /// <summary>Replaces all pools while they are still <paramref name="before"/>; false if they are not. Shares move from one pool to another in one step.</summary>
    Task<bool> PoolsReplace(IReadOnlyList<Pool> before, IReadOnlyList<Pool> after, CancellationToken stop);

    // ---- several servers

    /// <summary>
    /// The same store with writes that are kept only while a lease is held: afterwards they fail with <see cref="StoreTrouble.Fenced"/> and change
    /// nothing. Its reads are the store's. A living run that is inserted or repaired through it is not noted for the leader: its writer is the leader.
    /// Closing it closes nothing.
    /// </summary>
    IStore Fenced(Lease lease);

    /// <summary>
    /// Takes a lease that nobody has, or has any more, or goes on with one's own; answers it, or null while another node has it. A node that comes with another
    /// <paramref name="incarnation"/> than the one that has it takes it over at once, with the next fence: its predecessor is gone.
    /// </summary>
    Task<Lease?> LeaseTake(string name, string node, string incarnation, TimeSpan lasts, CancellationToken stop);

    /// <summary>Gives a lease back, if it is still one's own.</summary>
    Task LeaseDrop(Lease lease, CancellationToken stop);

    /// <summary>Who has a lease now; null when nobody has.</summary>
    Task<Lease?> LeaseGet(string name, CancellationToken stop);

    /// <summary>Notes that a server lives, and answers its row. A new name gets the lowest slot that nobody has; <see cref="RefusalCode.Exhausted"/> when there are <paramref name="most"/>.</summary>
    Task<Result<NodeRow>> NodeBeat(NodeBeat beat, int most, CancellationToken stop);

    /// <summary>All servers that have not been forgotten, by name.</summary>
    Task<IReadOnlyList<NodeRow>> NodesList(CancellationToken stop);

    /// <summary>Says whether a server is to take no new work. False if there is none of that name.</summary>
    Task<bool> NodeDrain(string name, bool draining, CancellationToken stop);

    /// <summary>Forgets a server; its slot is free again. False if there is none of that name.</summary>
    Task<bool> NodeForget(string name, CancellationToken stop);

    /// <summary>Writes down something for the leader to do; answers the note's id.</summary>
    Task<long> NotePut(string kind, long subject, string body, CancellationToken stop);

    /// <summary>The leader's notes after one of them, in the order of their commits, which is that of their ids.</summary>
    Task<IReadOnlyList<LeaderNote>> Notes(long after, int limit, CancellationToken stop);

    /// <summary>Strikes notes out. An <paramref name="answers"/> text is kept for a minute for whoever waits, and only of such a one anything is said to the servers.</summary>
    Task NotesDone(IReadOnlyList<(long Id, string? Answer)> answers, CancellationToken stop);

    /// <summary>Whether a note was struck out, with what was answered, if anything.</summary>
    Task<(bool Done, string? Answer)> NoteAnswer(long id, CancellationToken stop);

    /// <summary>Says something to all servers, this one too.</summary>
    Task Signal(StoreSignal signal, CancellationToken stop);

    /// <summary>
    /// What is said to all servers from now on, by any of them. Begins with <see cref="StoreSignal.All"/>, which also comes after
    /// each interruption. Signals that are alike may be joined.
    /// </summary>
    IAsyncEnumerable<StoreSignal> Signals(CancellationToken stop);

    // ---- the installation

    /// <summary>A value of the installation (its id, its keys), or null.</summary>
    Task<string?> SettingGet(string name, CancellationToken stop);

    /// <summary>Sets a value of the installation if it has none; answers the one in force.</summary>
    Task<string> SettingPutIfAbsent(string name, string value, CancellationToken stop);

    /// <summary>The highest id given out to a job, run or attempt, so that ids go on above it.</summary>
    Task<long> HighestId(CancellationToken stop);

    /// <summary>Answers when the database can be read and written; throws what is wrong.</summary>
    Task Check(CancellationToken stop);
}
