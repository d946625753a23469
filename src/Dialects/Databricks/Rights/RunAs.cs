using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Rights;

/// <summary>
/// As whom a job runs: the user that <c>run_as</c> names, else its owner. It decides which notebooks, files and secrets its tasks
/// may read; the run itself belongs to the job's owner.
/// </summary>
internal static class RunAs
{
    /// <summary>The problem with a <c>run_as</c> that a caller sends, or null.</summary>
    public static async Task<Problem?> Check(JsonObject settings, Caller caller, Principals principals, CancellationToken stop)
    {
        if (settings.Object("run_as") is not { } runAs)
            return null;
        if (Name(runAs) is not { } name)
            return Problem.Invalid("Invalid value for parameter run_as: it has exactly one of user_name and service_principal_name. A job does not run as a group.");
        if (await principals.User(name, stop) is not { } user)
            return Problem.Missing($"Principal: {(runAs.ContainsKey("user_name") ? "UserName" : "ServicePrincipalName")}({name}) does not exist");
        return caller.Admin || user.Id == caller.UserId
            ? null
            : Problem.Denied($"User {caller.Display} cannot set run_as to {name}: only administrators name another user. Name yourself, or leave it out.");
    }

    /// <summary>The user as whom a job runs; null when there is none of that name any more.</summary>
    public static async Task<User?> Of(Job job, JsonObject settings, IStore store, Principals principals, CancellationToken stop) =>
        settings.Object("run_as") is { } runAs && Name(runAs) is { } name ? await principals.User(name, stop) : await store.UserGet(job.OwnerId, stop);

    /// <summary>The name that answers show.</summary>
    public static string Shown(JsonObject settings, string owner) => settings.Object("run_as") is { } runAs && Name(runAs) is { } name ? name : owner;

    private static string? Name(JsonObject runAs) =>
        (runAs.Text("user_name"), runAs.Text("service_principal_name"), runAs["group_name"]) switch
        {
            ({ Length: > 0 } user, null, null) => user,
            (null, { Length: > 0 } program, null) => program,
            _ => null,
        };
}
