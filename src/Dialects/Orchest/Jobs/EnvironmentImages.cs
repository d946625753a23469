using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Pipelines;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>
/// Environments of a project whose base image is a container image. A job pins them when it is made: the image as it is then,
/// and the setup script of its snapshot.
/// </summary>
internal sealed class EnvironmentImages(PipelineFinder pipelines, OrchestOptions options)
{
    /// <summary>What a setup script makes of an image is named by both, so that it is made once.</summary>
    private const string Repository = "localhost/switchyard-environment";

    /// <summary>The platform's own images hold what the machine's programs are here.</summary>
    private static readonly string[] Own = ["orchest/", "docker.io/orchest/"];

    /// <summary>Pins what the steps and services of a pipeline run in; nothing where no containers can be run.</summary>
    public async Task<Result<IReadOnlyDictionary<string, EnvironmentImage>>> Pin(string snapshot, PipelineFile file, CancellationToken stop)
    {
        var pinned = new Dictionary<string, EnvironmentImage>(StringComparer.Ordinal);
        if (options.PinImage is null)
            return pinned;
        foreach (var environment in file.Steps.Select(step => step.Environment).Concat(file.Services.Select(service => service.Environment)).Where(environment => environment.Length > 0).Distinct())
        {
            var place = $".orchest/environments/{environment}/";
            if (JsonBody.Parse(pipelines.Bytes(snapshot, place + "properties.json") ?? []).Body?.Text("base_image") is not { Length: > 0 } image || Own.Any(own => image.StartsWith(own, StringComparison.Ordinal)))
                continue;
            if (!(await options.PinImage(image, stop)).Ok(out var name, out var refusal))
                return refusal with { Message = $"Environment {environment}: {refusal.Message}" };
            var script = Encoding.UTF8.GetString(pipelines.Bytes(snapshot, place + "setup_script.sh") ?? []);
            pinned[environment] = string.IsNullOrWhiteSpace(script)
                ? new EnvironmentImage(name)
                : new EnvironmentImage($"{Repository}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name + "\0" + script)))[..32]}", name, script);
        }

        return pinned;
    }
}
