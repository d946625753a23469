using System.Text.Json.Nodes;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.V2;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.Runtimes;

/// <summary>What runs scripts. The platform has images and add-ons for it; here it is what the machine has.</summary>
internal sealed class RuntimesApi(Interpreters interpreters, ProjectFinder finder)
{
    private const int LargestPage = 1000;
    private const string Editor = "Workbench", Edition = "Standard";

    private static readonly string[] Names = ["image_identifier", "editor", "kernel", "edition", "description", "full_version"];

    public void Map(ClouderaDialect.Routes first, ClouderaDialect.Routes second)
    {
        first.Add("GET", "/runtimes", List);
        first.Add("POST", "/runtime-addons", _ => Task.FromResult(new Reply(200, new JsonArray())));
        first.Add("GET", "/projects/{owner}/{project}/engine-images", Engine);
        first.Add("POST", "/projects/{owner}/{project}/editors", Share);
        second.Add("GET", "/runtimes", Page);
        second.Add("GET", "/runtimeaddons", _ => Task.FromResult(Listing.Answer("runtime_addons", [], null)));
    }

    private async Task<Reply> List(Call call) => new(200, new JsonObject
    {
        ["runtimes"] = new JsonArray([.. (await interpreters.Found).Select(one => new JsonObject
        {
            ["id"] = one.Id,
            ["kernel"] = one.Kernel,
            ["edition"] = Edition,
            ["editor"] = Editor,
            ["shortVersion"] = one.ShortVersion,
            ["fullVersion"] = one.Version,
            ["imageIdentifier"] = one.Identifier,
            ["description"] = one.Description,
        })]),
    });

    private async Task<Reply> Page(Call call) => Listing.Read(call, Names, Names, LargestPage).Ok(out var listing, out var refusal)
        ? listing.Page("runtimes", (await interpreters.Found).Select(one => new JsonObject
        {
            ["image_identifier"] = one.Identifier,
            ["editor"] = Editor,
            ["kernel"] = one.Kernel,
            ["edition"] = Edition,
            ["description"] = one.Description,
            ["full_version"] = one.Version,
        }))
        : Reply.From(refusal);

    /// <summary>The engine that jobs of a project get: there is one.</summary>
    private async Task<Reply> Engine(Call call)
    {
        var (project, problem) = await finder.Project(call);
        return project is null ? problem! : new Reply(200, new JsonObject { ["id"] = 1, ["description"] = "The programs of this machine", ["repository"] = "", ["tag"] = "" });
    }

    private async Task<Reply> Share(Call call)
    {
        var (project, problem) = await finder.Project(call);
        return project is null ? problem! : Reply.Problem(400, $"Nobody can be added to {project.OwnerName}/{project.Slug}: a project is its owner's and the administrators'. Make a project of the other user's, or an administrator of them.");
    }
}
