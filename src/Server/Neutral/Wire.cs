using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Server.Neutral;

// What the neutral API takes and gives, beside the settings of a job.

internal sealed record Problem(string Code, string Message, string? Field);

internal sealed record ReasonWire(string Code, string Text);

internal sealed record JobWire(
    long Id, string Dialect, string Name, string Owner, int Version, bool Paused, string Trigger, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt,
    DateTimeOffset? NextFireAt, JsonElement? Settings, IReadOnlyDictionary<string, long>? Runs, string? PublicId, AddressWire? Project, LastRunWire? LastRun);

/// <summary>The address of a project.</summary>
internal sealed record AddressWire(string Owner, string Slug);

internal sealed record LastRunWire(long Id, string State, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt);

internal sealed record JobPage(IReadOnlyList<JobWire> Jobs, long? NextBefore);

internal sealed record JobMade(long Id, int Version);

internal sealed record RunMade(long RunId, long Number, bool Existed);

internal sealed record RunNowRequest
{
    /// <summary>Texts for a neutral job; for others as one set of a sweep.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }
    public string? IdempotencyToken { get; init; }
    public long? TimeoutMs { get; init; }
}

/// <summary>What to do again of an ended run.</summary>
internal sealed record RepairRequestWire
{
    /// <summary>Keys of tasks; all that did not succeed where nothing is said.</summary>
    public IReadOnlyList<string?>? Tasks { get; init; }

    /// <summary>Whether what depends on them runs again too; true where nothing is said.</summary>
    public bool? WithDependents { get; init; }

    /// <summary>Parameters that change.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Parameters { get; init; }
}

internal sealed record RepairMade(long RepairId, int Revision);

internal sealed record RunWire(
    long Id, long JobId, string Dialect, string Kind, string Name, string Owner, long Number, string Trigger, string State, ReasonWire? Reason, int Round, int Revision,
    long TimeoutMs, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, long? ParentAttemptId, long? BatchId, long? BatchIndex, JsonElement? Parameters,
    IReadOnlyList<TaskWire>? Tasks, string? PublicId);

internal sealed record RunPage(IReadOnlyList<RunWire> Runs, long? NextBefore);

internal sealed record RunChange(long? TimeoutMs);

internal sealed record TaskWire(
    string Key, string Action, string State, ReasonWire? Reason, IReadOnlyList<string> DependsOn, string? WaitingFor, IReadOnlyList<InstanceWire> Instances);

internal sealed record TaskPage(IReadOnlyList<TaskWire> Tasks);

internal sealed record InstanceWire(
    int Index, long AttemptId, int Attempt, string State, ReasonWire? Reason, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, int? ExitCode, bool? Branch,
    long? ChildRunId, string? Input, string? ExitValue, string? Error);

internal sealed record AttemptWire(
    long Id, long RunId, string Task, int Index, int Attempt, string State, ReasonWire? Reason, bool Current, string? Node, string? Handle, int? ExitCode, bool? Branch,
    long? ChildRunId, string? Input, DateTimeOffset? ReadyAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, DateTimeOffset? DueAt, string? WaitingFor, ResultWire? Result, LogWire? Log);

internal sealed record ResultWire(
    string? ExitValue, bool ExitValueTruncated, IReadOnlyDictionary<string, JsonElement> Values, string? Error, string? Trace, string? Runner);

/// <param name="DroppedFrom">The first line that was not kept, counted from 0; none is missing while there are no dropped lines.</param>
internal sealed record LogWire(long Bytes, long Lines, long DroppedBytes, long DroppedFrom, long DroppedLines, bool Complete);

internal sealed record AttemptPage(IReadOnlyList<AttemptWire> Attempts);

internal sealed record EventWire(
    long Seq, long RunId, int? Task, string? TaskKey, int? Index, long? AttemptId, string From, string To, ReasonWire? Reason, DateTimeOffset At);

internal sealed record EventPage(IReadOnlyList<EventWire> Events, long? NextAfter);

internal sealed record NoticeWire(
    Guid Id, string Kind, string Event, string To, string State, int Tries, string? Problem, DateTimeOffset MadeAt, DateTimeOffset? TriedAt, DateTimeOffset? NextTryAt);

internal sealed record NoticePage(IReadOnlyList<NoticeWire> Notices);

/// <summary>What a webhook is sent.</summary>
internal sealed record ToldWire(Guid Delivery, string Event, DateTimeOffset At, ToldJob Job, ToldRun Run);

internal sealed record ToldJob(long Id, string Name);

internal sealed record ToldRun(
    long Id, long Number, string Owner, string Trigger, string State, ReasonWire? Reason, int? ExitCode, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

internal sealed record FeedResume(long After);

internal sealed record LogSliceWire(long Offset, long Next, long? FirstLine, string Text, bool Complete);

internal sealed record LogHitWire(long Line, long Offset, string Text);

internal sealed record LogHits(IReadOnlyList<LogHitWire> Hits);

internal sealed record ProjectRequest
{
    public string? Name { get; init; }
    public string? Slug { get; init; }
    public string? Owner { get; init; }
    public IReadOnlyDictionary<string, string?>? Environment { get; init; }
}

internal sealed record ProjectWire(
    long Id, string Owner, string Name, string Slug, IReadOnlyDictionary<string, string> Environment, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt);

internal sealed record ProjectPage(IReadOnlyList<ProjectWire> Projects, long? NextBefore);

internal sealed record ImportRequest
{
    public string? Url { get; init; }
    public string? Branch { get; init; }
    public string? Name { get; init; }
    public string? Slug { get; init; }
    public string? Owner { get; init; }
}

internal sealed record ImportWire(
    Guid Id, string Url, string State, string Progress, string? Problem, string Owner, string Name, string Slug, long? ProjectId, DateTimeOffset CreatedAt);

/// <param name="ChangedAt">Left out where it is not kept: of files of a run.</param>
internal sealed record FileWire(string Name, string Kind, long Bytes, DateTimeOffset? ChangedAt);

internal sealed record FilePage(IReadOnlyList<FileWire> Entries, string? NextAfter);

internal sealed record UserWire(string Name, string? Email, bool Admin, DateTimeOffset CreatedAt);

internal sealed record UserPage(IReadOnlyList<UserWire> Users, string? NextAfter);

internal sealed record UserRequest
{
    public string? Name { get; init; }
    public string? Email { get; init; }
    public bool? Admin { get; init; }
    public string? Password { get; init; }
}

/// <summary>A new user; the password only if the server made it up.</summary>
internal sealed record UserMade(UserWire User, string? Password);

internal sealed record TeamRequest(string? Name);

internal sealed record TeamWire(string Name, DateTimeOffset CreatedAt, IReadOnlyList<MemberWire>? Members);

internal sealed record TeamPage(IReadOnlyList<TeamWire> Teams, string? NextAfter);

internal sealed record MemberWire(string Name, bool Admin);

internal sealed record MemberRequest
{
    public bool? Admin { get; init; }
}

internal sealed record LoginRequest(string? Name, string? Password, string? TokenName, long? ExpiresInSeconds);

internal sealed record SessionRequest(string? Name, string? Password);

internal sealed record SessionWire(bool SignedIn, UserWire? User, IReadOnlyList<string> Teams, string Version, DateTimeOffset ServerTime);

internal sealed record PasswordRequest(string? Password);

internal sealed record ApiKeyShown(string Key);

/// <param name="Kind"><c>session</c> for one of the web app's, else <c>token</c>.</param>
internal sealed record TokenWire(
    long Id, string Name, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt, string Kind);

internal sealed record TokenPage(IReadOnlyList<TokenWire> Tokens);

internal sealed record TokenRequest(string? Name, long? ExpiresInSeconds, bool? ClientSecret);

/// <summary>The token's text is given this once.</summary>
/// <param name="ClientId">With what a client secret is sent.</param>
internal sealed record TokenMade(TokenWire Info, string Token, string? ClientId);

internal sealed record ResourcesWire(int Slots, long CpuMillis, long MemoryMb, int Gpus);

internal sealed record DiskPartWire(string Name, long Files, long Bytes);

internal sealed record DiskWire(string Data, long? FreeBytes, long Bytes, IReadOnlyList<DiskPartWire> Parts);

internal sealed record NodeWire(string Name, string Version, int Pid, string KillLevel, string Data, ResourcesWire Capacity, long Placed, long Waiting, IReadOnlyList<string> Dialects);

/// <param name="State"><c>alive</c>, <c>draining</c> (it gets no new work) or <c>unreachable</c>.</param>
/// <param name="SilentSeconds">How long ago it was heard of. A server that is alone in its installation says nothing again and again.</param>
internal sealed record ServerWire(
    string Name, string Url, string State, bool Leads, string Version, string Host, int Pid, string KillLevel, ResourcesWire Capacity, DateTimeOffset Since, double SilentSeconds);

internal sealed record NodePage(IReadOnlyList<ServerWire> Nodes);

internal sealed record DrainRequest(bool? Draining);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(JobSettings))]
[JsonSerializable(typeof(JobWire))]
[JsonSerializable(typeof(JobPage))]
[JsonSerializable(typeof(JobMade))]
[JsonSerializable(typeof(RunMade))]
[JsonSerializable(typeof(RunNowRequest))]
[JsonSerializable(typeof(SweepSettings))]
[JsonSerializable(typeof(SweepPreview))]
[JsonSerializable(typeof(BatchWire))]
[JsonSerializable(typeof(BatchPage))]
[JsonSerializable(typeof(BatchRunPage))]
[JsonSerializable(typeof(RunWire))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(RunChange))]
[JsonSerializable(typeof(TaskPage))]
[JsonSerializable(typeof(AttemptWire))]
[JsonSerializable(typeof(AttemptPage))]
[JsonSerializable(typeof(EventWire))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(NoticePage))]
[JsonSerializable(typeof(ToldWire))]
[JsonSerializable(typeof(List<NotifySettings>))]
[JsonSerializable(typeof(FeedResume))]
[JsonSerializable(typeof(LogSliceWire))]
[JsonSerializable(typeof(LogHits))]
[JsonSerializable(typeof(ProjectRequest))]
[JsonSerializable(typeof(ProjectWire))]
[JsonSerializable(typeof(ProjectPage))]
[JsonSerializable(typeof(ImportRequest))]
[JsonSerializable(typeof(ImportWire))]
[JsonSerializable(typeof(FilePage))]
[JsonSerializable(typeof(UserWire))]
[JsonSerializable(typeof(UserPage))]
[JsonSerializable(typeof(UserRequest))]
[JsonSerializable(typeof(UserMade))]
[JsonSerializable(typeof(TeamRequest))]
[JsonSerializable(typeof(TeamWire))]
[JsonSerializable(typeof(TeamPage))]
[JsonSerializable(typeof(MemberRequest))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(SessionRequest))]
[JsonSerializable(typeof(SessionWire))]
[JsonSerializable(typeof(PasswordRequest))]
[JsonSerializable(typeof(ApiKeyShown))]
[JsonSerializable(typeof(TokenWire))]
[JsonSerializable(typeof(TokenPage))]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenMade))]
[JsonSerializable(typeof(NodeWire))]
[JsonSerializable(typeof(NodePage))]
[JsonSerializable(typeof(DrainRequest))]
[JsonSerializable(typeof(DiskWire))]
[JsonSerializable(typeof(OverviewWire))]
[JsonSerializable(typeof(PoolPage))]
[JsonSerializable(typeof(PoolChange))]
[JsonSerializable(typeof(SchedulePreview))]
[JsonSerializable(typeof(FiresWire))]
[JsonSerializable(typeof(RunSettingsWire))]
[JsonSerializable(typeof(GridWire))]
[JsonSerializable(typeof(CheckRequest))]
[JsonSerializable(typeof(CheckWire))]
[JsonSerializable(typeof(LogHitWire))]
[JsonSerializable(typeof(FileChanges))]
[JsonSerializable(typeof(SearchWire))]
[JsonSerializable(typeof(PlaceWire))]
[JsonSerializable(typeof(RepairRequestWire))]
[JsonSerializable(typeof(RepairMade))]
internal sealed partial class WireJson : JsonSerializerContext;
