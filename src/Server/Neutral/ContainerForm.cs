using System.Text.RegularExpressions;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>What neutral tasks may have of containers on this installation.</summary>
/// <param name="HaveRuntime">Whether anything can run in an image.</param>
/// <param name="MountRoots">Directories of the node that may be mounted, with what is below.</param>
/// <param name="Secret">Refers to a secret (<c>scope/key</c>) as a user may read it.</param>
public sealed record ContainerRules(bool HaveRuntime, IReadOnlyList<string> MountRoots, Func<long, string, Binding> Secret)
{
    /// <summary>No containers.</summary>
    public static readonly ContainerRules None = new(false, [], (_, _) => Binding.Literal(""));
}

/// <summary>Reads what a neutral task says of its container.</summary>
internal static partial class ContainerForm
{
    private const int MostMounts = 100;
    private const int MostPorts = 1000;

    /// <summary>The container, or what is wrong with it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="settings">The rest; null for nothing.</param>
    /// <param name="alone">Whether only one of the task runs at a time.</param>
    /// <param name="field">Where it stands.</param>
    /// <param name="rules">What may be had here.</param>
    /// <param name="ownerId">Whose secrets it may use.</param>
    public static Result<Container> Read(string image, ContainerSettings? settings, bool alone, string field, ContainerRules rules, long ownerId)
    {
        if (image.Length > 500 || !ImageName().IsMatch(image))
            return Http.Invalid("an image is named by letters, digits and ._:/@-, such as debian:12", $"{field}.image");
        if (!rules.HaveRuntime)
            return Http.Invalid("this installation has no container runtime, so that nothing can run in an image: leave the image out, or have an administrator set container_runtime", $"{field}.image");
        var container = new Container(image);
        if (settings is null)
            return container;
        field += ".container";
        if (settings.Pull is { } pull)
        {
            if (!Names<ImagePull>.TryParse(pull, out var when))
                return Http.Invalid($"use one of {Names<ImagePull>.All}", $"{field}.pull");
            container = container with { Pull = when };
        }

        if (settings.User is { } user)
        {
            if (!UserName().IsMatch(user))
                return Http.Invalid("use a name or number of the image's, with a group after a colon or without (1000:1000), or 'server'", $"{field}.user");
            container = container with { User = user };
        }

        if (settings.ShmMb is < 0 or > 1_000_000)
            return Http.Invalid("use 0 to 1000000", $"{field}.shm_mb");
        container = container with { SharedMemoryMb = settings.ShmMb ?? 0 };
        if (!Network(container, settings, alone, field).Ok(out container, out var refusal) || !Mounts(settings.Mounts ?? [], field, rules).Ok(out var mounts, out refusal))
            return refusal;
        return settings.Registry is { } registry ? Login(container with { RunMounts = mounts }, registry, field, rules, ownerId) : container with { RunMounts = mounts };
    }

    private static Result<Container> Network(Container container, ContainerSettings settings, bool alone, string field)
    {
        var ports = settings.Ports ?? [];
        if (settings.Network is not (null or "host" or "none" or "own"))
            return Http.Invalid("use host, none or own", $"{field}.network");
        if (ports.Count > 0 && settings.Network != "own")
            return Http.Invalid("only a network of its own has ports that lead into it; in the node's the task listens on the node's", $"{field}.ports");
        if (ports.Count > MostPorts || ports.Distinct().Count() != ports.Count || ports.Any(port => port is < 1 or > 65_535))
            return Http.Invalid($"name ports from 1 to 65535, each once, {MostPorts} at the most", $"{field}.ports");
        if (ports.Count > 0 && !alone)
            return Http.Invalid("one port leads to one task: a task with ports has one instance", $"{field}.ports");
        return settings.Network switch
        {
            "none" => container with { NoNetwork = true },
            "own" => container with { Network = new OwnNetwork(Binding.Of(new Reference(ReferenceKind.AllocationHost)), ports) },
            _ => container,
        };
    }

    private static Result<IReadOnlyList<RunMount>> Mounts(IReadOnlyList<MountSettings?> wanted, string field, ContainerRules rules)
    {
        if (wanted.Count > MostMounts)
            return Http.Invalid($"a task has {MostMounts} mounts at the most", $"{field}.mounts");
        var mounts = new List<RunMount>();
        for (var no = 0; no < wanted.Count; no++)
        {
            var at = $"{field}.mounts[{no}]";
            if (wanted[no] is not { Source: { } source, Target: { } target })
                return Http.Invalid("a mount has a source and a target", at);
            if (!IsPath(source))
                return Http.Invalid("use an absolute path of the node", $"{at}.source");
            if (!IsPath(target) || target.TrimEnd('/').Length == 0 || mounts.Exists(other => other.Target == target))
                return Http.Invalid("use an absolute path in the container, another one for each mount, and not /", $"{at}.target");
            if (Place(source, rules.MountRoots) is not { } place)
            {
                return Http.Invalid(
                    rules.MountRoots.Count == 0
                        ? "no directory of the node may be mounted here: an administrator names those that may be in container_mounts"
                        : $"it is not there, or does not lie in {string.Join(", ", rules.MountRoots)} (setting container_mounts)",
                    $"{at}.source");
            }

            mounts.Add(new RunMount(Binding.Literal(place), target, wanted[no]!.ReadOnly ?? false));
        }

        return mounts;
    }

    /// <summary>Where a path leads, if that lies in a directory that may be mounted.</summary>
    private static string? Place(string path, IReadOnlyList<string> roots) =>
        TreeDirectory.RealPath(path) is { } real && roots.Any(root => TreeDirectory.RealPath(root) is { } allowed && (real == allowed || real.StartsWith(allowed.TrimEnd('/') + "/", StringComparison.Ordinal))) ? real : null;

    private static Result<Container> Login(Container container, RegistrySettings registry, string field, ContainerRules rules, long ownerId)
    {
        field += ".registry";
        if (registry.Server is not { Length: <= 300 } server || !ServerName().IsMatch(server))
            return Http.Invalid("name the registry as the image's name begins, such as registry.example.org:5000", $"{field}.server");
        if (registry.User is not { Length: > 0 and <= 300 } user || user.Any(char.IsControl))
            return Http.Invalid("say as whom to sign in", $"{field}.user");
        if (registry.PasswordSecret?.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
            return Http.Invalid("name a secret that holds the password, as SCOPE/KEY; a password itself does not belong here", $"{field}.password_secret");
        return container with { Login = new RegistryLogin(server, user, rules.Secret(ownerId, registry.PasswordSecret)) };
    }

    private static bool IsPath(string path) => path.StartsWith('/') && path.Length <= 4096 && !path.Any(char.IsControl);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:/@-]*\z")]
    private static partial Regex ImageName();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,99})?\z")]
    private static partial Regex UserName();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?\z")]
    private static partial Regex ServerName();
}
