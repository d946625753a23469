using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Client;

// What the neutral API answers, as far as this client's callers read it. docs/api.md describes every field.

/// <summary>Why something moved.</summary>
public sealed record ReasonShape(string Code, string Text);

/// <summary>A job in a list.</summary>
public sealed record JobShape(long Id, string Dialect, string Name, string Owner, int Version, bool Paused, string Trigger, DateTimeOffset CreatedAt, DateTimeOffset? NextFireAt);

/// <summary>A page of jobs; <c>NextBefore</c> is null on the last.</summary>
public sealed record JobsShape(IReadOnlyList<JobShape> Jobs, long? NextBefore);

/// <summary>A run.</summary>
public sealed record RunShape(
    long Id, long JobId, string Dialect, string Kind, string Name, string Owner, long Number, string Trigger, string State, ReasonShape? Reason,
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, IReadOnlyList<TaskShape>? Tasks)
{
    /// <summary>Whether the run has ended.</summary>
    public bool Ended => RunStates.IsEnd(State);
}

/// <summary>A page of runs.</summary>
public sealed record RunsShape(IReadOnlyList<RunShape> Runs, long? NextBefore);

/// <summary>The runs of one sweep, with how many are in each state.</summary>
public sealed record BatchShape(
    long Id, long JobId, string Dialect, string Name, string Owner, long Size, long Made, bool Ended, string? Problem, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, long> Runs,
    IReadOnlyList<string>? Parameters);

/// <summary>A page of batches.</summary>
public sealed record BatchesShape(IReadOnlyList<BatchShape> Batches, long? NextBefore);

/// <summary>A run of a batch with its parameters.</summary>
public sealed record BatchRunShape(long Index, JsonElement Parameters, RunShape Run);

/// <summary>A page of a batch's runs.</summary>
public sealed record BatchRunsShape(IReadOnlyList<BatchRunShape> Runs, long? NextAfter);

/// <summary>A task of a run.</summary>
public sealed record TaskShape(string Key, string Action, string State, ReasonShape? Reason, IReadOnlyList<string> DependsOn, string? WaitingFor, IReadOnlyList<InstanceShape> Instances);

/// <summary>An instance of a task with its current attempt.</summary>
public sealed record InstanceShape(
    int Index, long AttemptId, int Attempt, string State, ReasonShape? Reason, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, int? ExitCode, string? ExitValue, string? Error);

/// <summary>An event.</summary>
public sealed record EventShape(long Seq, long RunId, int? Task, string? TaskKey, int? Index, long? AttemptId, string From, string To, ReasonShape? Reason, DateTimeOffset At);

/// <summary>A run that was started.</summary>
public sealed record StartedShape(long RunId, long Number, bool Existed);

/// <summary>A job that was made or changed.</summary>
public sealed record MadeShape(long Id, int Version);

/// <summary>A user.</summary>
public sealed record UserShape(string Name, string? Email, bool Admin, DateTimeOffset CreatedAt);

/// <summary>A page of users.</summary>
public sealed record UsersShape(IReadOnlyList<UserShape> Users, string? NextAfter);

/// <summary>A new user, with the password if the server made it up.</summary>
public sealed record NewUserShape(UserShape User, string? Password);

/// <summary>A team, with its members where one team is asked for.</summary>
public sealed record TeamShape(string Name, DateTimeOffset CreatedAt, IReadOnlyList<MemberShape>? Members);

/// <summary>A part of the server's data directory.</summary>
public sealed record DiskPartShape(string Name, long Files, long Bytes);

/// <summary>What the server's data directory takes; <paramref name="FreeBytes"/> is null where its system does not say.</summary>
public sealed record DiskShape(string Data, long? FreeBytes, long Bytes, IReadOnlyList<DiskPartShape> Parts);

/// <summary>A page of teams.</summary>
public sealed record ServerShape(string Name, string Url, string State, bool Leads, string Version, string Host, DateTimeOffset Since, double SilentSeconds);

public sealed record ServersShape(IReadOnlyList<ServerShape> Nodes);

public sealed record DrainWish(bool Draining);

public sealed record TeamsShape(IReadOnlyList<TeamShape> Teams, string? NextAfter);

/// <summary>A user in a team.</summary>
public sealed record MemberShape(string Name, bool Admin);

/// <summary>What is sent to make a team.</summary>
public sealed record TeamWish(string Name);

/// <summary>What is sent to put a user into a team.</summary>
public sealed record MemberWish(bool Admin);

/// <summary>A project.</summary>
public sealed record ProjectShape(long Id, string Owner, string Name, string Slug, DateTimeOffset CreatedAt);

/// <summary>A page of projects.</summary>
public sealed record ProjectsShape(IReadOnlyList<ProjectShape> Projects, long? NextBefore);

/// <summary>What is sent to make a project.</summary>
public sealed record ProjectWish(string Name, string? Slug, string? Owner);

/// <summary>A project on its way in from a git repository.</summary>
public sealed record ImportShape(Guid Id, string Url, string State, string Progress, string? Problem, string Owner, string Name, string Slug);

/// <summary>What is sent to begin that.</summary>
public sealed record ImportWish(string Url, string? Branch, string? Name, string? Slug, string? Owner);

/// <summary>A token without its text.</summary>
public sealed record TokenShape(long Id, string Name, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>A user's tokens.</summary>
public sealed record TokensShape(IReadOnlyList<TokenShape> Tokens);

/// <summary>A new token with its text, given this once.</summary>
/// <param name="ClientId">With what a client secret is sent.</param>
public sealed record NewTokenShape(TokenShape Info, string Token, string? ClientId);

/// <summary>A refusal.</summary>
public sealed record ProblemShape(string Code, string Message, string? Field);

/// <summary>What is sent to make a user or change one.</summary>
public sealed record UserChange(string? Name, string? Email, bool? Admin, string? Password);

/// <summary>What is sent to make a token.</summary>
public sealed record TokenWish(string Name, long? ExpiresInSeconds, bool? ClientSecret);

/// <summary>A user's API key.</summary>
public sealed record ApiKeyShape(string Key);

/// <summary>What is sent to see it.</summary>
public sealed record PasswordWish(string Password);

/// <summary>What is sent to sign in.</summary>
public sealed record LoginWish(string Name, string Password, string? TokenName);

/// <summary>The words for a run's state.</summary>
public static class RunStates
{
    /// <summary>Whether a word names an end.</summary>
    public static bool IsEnd(string state) => state is "succeeded" or "succeeded_with_failures" or "failed" or "timed_out" or "cancelled" or "skipped";

    /// <summary>Whether a word names a good end.</summary>
    public static bool IsSuccess(string state) => state is "succeeded" or "succeeded_with_failures";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobsShape))]
[JsonSerializable(typeof(RunsShape))]
[JsonSerializable(typeof(RunShape))]
[JsonSerializable(typeof(BatchShape))]
[JsonSerializable(typeof(BatchesShape))]
[JsonSerializable(typeof(BatchRunsShape))]
[JsonSerializable(typeof(EventShape))]
[JsonSerializable(typeof(StartedShape))]
[JsonSerializable(typeof(MadeShape))]
[JsonSerializable(typeof(UserShape))]
[JsonSerializable(typeof(UsersShape))]
[JsonSerializable(typeof(NewUserShape))]
[JsonSerializable(typeof(TeamShape))]
[JsonSerializable(typeof(ServersShape))]
[JsonSerializable(typeof(DrainWish))]
[JsonSerializable(typeof(TeamsShape))]
[JsonSerializable(typeof(DiskShape))]
[JsonSerializable(typeof(TeamWish))]
[JsonSerializable(typeof(MemberWish))]
[JsonSerializable(typeof(ProjectShape))]
[JsonSerializable(typeof(ProjectsShape))]
[JsonSerializable(typeof(ProjectWish))]
[JsonSerializable(typeof(ImportShape))]
[JsonSerializable(typeof(ImportWish))]
[JsonSerializable(typeof(TokensShape))]
[JsonSerializable(typeof(NewTokenShape))]
[JsonSerializable(typeof(ProblemShape))]
[JsonSerializable(typeof(UserChange))]
[JsonSerializable(typeof(TokenWish))]
[JsonSerializable(typeof(LoginWish))]
[JsonSerializable(typeof(ApiKeyShape))]
[JsonSerializable(typeof(PasswordWish))]
internal sealed partial class ShapeJson : JsonSerializerContext;
